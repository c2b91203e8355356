import t from 'tap'
import { runJudged } from '../../../lib/ffmpeg/diagnosis/run-judged.js'

const env = { PATH: process.env['PATH']! }
const shell = (line: string) => ({ path: '/bin/sh', args: ['-c', line], env })

t.test('passes on the log and output of the tool, and names its input in the failure', async t => {
  const received: string[] = []
  const line = 'echo out; echo "[error] pipe:9: Invalid data found when processing input" >&2; exit 1'
  const command = { ...shell(line), names: new Map([['pipe:9', 'film.mkv']]), inputName: 'film.mkv' }
  const { exit, failure } = await runJudged(command, {
    onStdout: chunk => received.push(chunk.toString()),
    onLog: ({ level }) => received.push(level),
  })
  t.same(received.sort(), ['error', 'out\n'])
  t.match(exit, { code: 1 })
  t.match(failure, { code: 'AVIO_ERR_INPUT_INVALID', message: /film\.mkv/, exitCode: 1 })
  t.match(await runJudged(shell('exit 0'), {}), { exit: { code: 0 }, failure: undefined })
})

t.test('reads a last line of the log that has no newline', async t => {
  const line = 'printf "[error] pipe:0: Invalid data found when processing input" >&2; exit 1'
  const { failure } = await runJudged(shell(line), {})
  t.match(failure, { code: 'AVIO_ERR_INPUT_INVALID' })
})

t.test('ends the tool once its listener has enough', async t => {
  let isEnough = false
  const listener = { onLog: () => (isEnough = true), isEnough: () => isEnough }
  const { exit } = await runJudged({ ...shell('echo word >&2; exec sleep 600'), killTimeout: 0 }, listener)
  t.equal(exit.signal, 'SIGKILL')
})

t.test('fails with the error of a listener', async t => {
  const error = new Error('Not this one')
  const onLog = () => {
    throw error
  }
  await t.rejects(runJudged(shell('echo word >&2; exec sleep 600'), { onLog }), error)
})
