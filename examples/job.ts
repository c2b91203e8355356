/**
 * A job from a file, run in this process: what is read, what is made of it, and where that goes, as plain JSON.
 *
 *   npx tsx examples/job.ts job.json
 *
 * Files are allowed below the current directory; `s3://` locations always are.
 */
import { readFile } from 'node:fs/promises'
import { type JobResult, parseJob, runJob } from 'avio-streams/job'

export async function main([file]: readonly string[]): Promise<JobResult> {
  if (file === undefined) throw new Error('Usage: job.ts job.json')
  const job = parseJob(JSON.parse(await readFile(file, 'utf8')))
  const result = await runJob(job, {
    allow: { files: [process.cwd()] },
    onProgress: ({ phase, percent, done }) => {
      if (percent !== undefined) console.log(`${phase} ${percent.toFixed(0)} %`)
      else if (done !== undefined) console.log(`${phase}: ${done}`)
    },
  })
  for (const output of result.outputs)
    console.log(`${output.type}: ${'prefix' in output ? output.prefix : (output.url ?? '')}`)
  return result
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
