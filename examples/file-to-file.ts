/**
 * Files in place of objects: every stage is a plain Node stream, so you can replace either end.
 *
 *   npx tsx examples/file-to-file.ts input.avi output.mp4
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { FfmpegTransform, Fmp4Validator, type ValidationReport } from 'avio-streams'

export async function main([from, to]: readonly string[]): Promise<ValidationReport> {
  if (from === undefined || to === undefined) throw new Error('Usage: file-to-file.ts input output.mp4')
  const validator = new Fmp4Validator()
  // Unlike an object, a file is visible while it is written: rename it when it is complete.
  const unfinished = `${to}.unfinished`
  try {
    await pipeline(
      createReadStream(from),
      new FfmpegTransform({
        output: { format: 'mp4', args: ['-c:v', 'libx264', '-preset', 'veryfast', '-c:a', 'aac'] },
      }),
      validator,
      createWriteStream(unfinished),
    )
    await rename(unfinished, to)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
  return validator.report!
}

if (process.argv[1] === import.meta.filename) {
  const report = await main(process.argv.slice(2))
  console.log(
    `${report.duration.toFixed(2)} s of media in ${report.fragments} fragments, ${report.bytes} bytes`,
  )
}
