import t from 'tap'
import { parseLogLine } from '../../../lib/ffmpeg/log/log.js'
import { isQueueNotice } from '../../../lib/ffmpeg/log/queue-notice.js'

t.test('knows the hint of a full queue, and nothing else', t => {
  const hint =
    'Thread message queue blocking; consider raising the thread_queue_size option (current value: 64)'
  const cases: [line: string, isNotice: boolean][] = [
    [`[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5640] [warning] ${hint}`, true],
    [`[in#0/mov,mp4,m4a,3gp,3g2,mj2 @ 0x5640] [warning] ${hint}`, true],
    [`[info]     title           : ${hint}`, false],
    [`[info] ${hint}`, false],
    ['[mp4 @ 0x5640] [warning] Non-monotonous DTS in output stream 0:0', false],
  ]
  for (const [line, isNotice] of cases) t.equal(isQueueNotice(parseLogLine(line)), isNotice, line)
  t.end()
})
