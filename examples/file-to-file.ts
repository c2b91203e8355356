/**
 * Files in place of objects: every stage is a plain Node stream, so you can replace either end.
 *
 *   npx tsx examples/file-to-file.ts input.avi output.mp4
 */
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { FfmpegTransform, FileWritable, Fmp4Validator, type ValidationReport } from 'avio-streams'

export async function main([from, to]: readonly string[]): Promise<ValidationReport> {
  if (from === undefined || to === undefined) throw new Error('Usage: file-to-file.ts input output.mp4')
  const validator = new Fmp4Validator()
  // Unlike fs.createWriteStream, it shows the file under its name only when all of it is written.
  const sink = new FileWritable({ path: to })
  await pipeline(
    createReadStream(from),
    new FfmpegTransform({
      output: { format: 'mp4', args: ['-c:v', 'libx264', '-preset', 'veryfast', '-c:a', 'aac'] },
    }),
    validator,
    sink,
  )
  await sink.result
  return validator.report!
}

if (process.argv[1] === import.meta.filename) {
  const report = await main(process.argv.slice(2))
  console.log(
    `${report.duration.toFixed(2)} s of media in ${report.fragments} fragments, ${report.bytes} bytes`,
  )
}
