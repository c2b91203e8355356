import { CommitRefusal } from '../../lib/s3/commit/commit-refusal.js'

/** The refusal of a commit that must not succeed. */
export async function refused(commit: Promise<unknown>): Promise<CommitRefusal> {
  try {
    await commit
  } catch (error) {
    if (error instanceof CommitRefusal) return error
    throw error
  }
  throw new Error('It was not refused.')
}
