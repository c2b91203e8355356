export { COMMIT, type CommitHook, type Committed, commitOf } from './io/pipeline/commit-hook.js'
export type { ClaimedHeader, HeaderClaim } from './io/pipeline/header-claim.js'
export { LINK, type Link, type Linked, isSoleConsumer, linkOf } from './io/pipeline/link.js'
