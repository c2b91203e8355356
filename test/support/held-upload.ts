import type { Test } from 'tap'
import { memoryUse, setMemoryBudget } from '../../lib/io/memory/memory-budget.js'
import type { Job } from '../../lib/job/schema/job.js'
import { MiB } from '../../lib/options.js'
import { LocalS3 } from '../../lib/testing/local-s3.js'
import { eventually } from './farm.js'
import { mostHeld } from './most-held.js'

/** The arguments that copy the object of {@link heldUpload}, in the syntax of ffmpeg and as a job. */
export const BIG_COPY = '-y -i s3://masters/big.wav -c copy s3://web/big.mkv'
export const BIG_JOB: Job = {
  version: 1,
  inputs: [{ url: 's3://masters/big.wav' }],
  outputs: [{ type: 'object', url: 's3://web/big.mkv', format: 'matroska', audio: 'copy' }],
}

/** A WAV of silence. */
function wav(size: number): Buffer {
  const file = Buffer.alloc(44 + size)
  file.write('RIFF____WAVEfmt ', 'latin1')
  file.writeUInt32LE(36 + size, 4)
  for (const [at, value] of [16, 0x20001, 48_000, 192_000, 0x100004].entries())
    file.writeUInt32LE(value, 16 + 4 * at)
  file.write('data', 36, 'latin1')
  file.writeUInt32LE(size, 40)
  return file
}

/** A store with 64 MiB of media, whose uploads come to a halt, so that all stages fill up. */
export async function heldUpload(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['masters', 'web'] })
  t.teardown(() => s3.close())
  await s3.put('masters', 'big.wav', wav(64 * MiB))
  const most = mostHeld(t)

  /** Runs a copy of it until its stages hold `bytes`, lets it finish, and returns the most that they held, and the
   * budget that they had. */
  async function fill<Result>(
    bytes: number,
    copy: () => Promise<Result>,
  ): Promise<{ most: number; budget: number; result: Result }> {
    setMemoryBudget(Infinity)
    most.reset()
    const held = s3.fault({ operation: 'UploadPart', times: Infinity, hold: true })
    const copied = copy()
    await Promise.race([copied, eventually(() => most() >= bytes)])
    // What is held meanwhile depends on the speed of the machine; the budget that is in force does not.
    const { budget } = memoryUse()
    s3.clearFaults()
    held.release()
    return { result: await copied, most: most(), budget }
  }
  return { s3, fill }
}
