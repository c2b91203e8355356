export { ACTIVITY, type Active, type Activity, type PendingReads, activityOf } from './io/monitor/activity.js'
export { COMMIT, type CommitHook, type Committed, commitOf } from './io/pipeline/commit-hook.js'
export type { ClaimedHeader, HeaderClaim } from './io/pipeline/header-claim.js'
export { LINK, type Link, type Linked, isSoleConsumer, linkOf } from './io/pipeline/link.js'
