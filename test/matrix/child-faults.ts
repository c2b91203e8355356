import type { Fault, Stage } from './fault.js'

/** The programs that run, by what they are run for. */
export const CHILD_STAGES: readonly Stage[] = [
  { name: 'version', title: 'ffmpeg, asked for its version', kind: 'child' },
  { name: 'look-ahead', title: 'ffmpeg, asked for the streams', kind: 'child' },
  { name: 'ffmpeg', title: 'ffmpeg, at work', kind: 'child' },
  { name: 'ffprobe', title: 'ffprobe', kind: 'child' },
]

const ALL = CHILD_STAGES.map(stage => stage.name)
const still = { stalls: true } as const

const fault = (name: string, title: string, more: Partial<Fault> = {}): Fault => ({
  name,
  title,
  stages: ALL,
  child: name,
  ...more,
})

/** What programs do. `faulty-tool.sh` knows these names. */
export const CHILD_FAULTS: readonly Fault[] = [
  fault('killed', 'SIGKILL at once'),
  fault('terminated', 'SIGTERM at once'),
  fault('interrupted', 'SIGINT at once'),
  fault('killed-midway', 'SIGKILL after some output, as of a system without memory'),
  fault('crashed', 'SIGSEGV after some output'),
  fault('stopped', 'SIGSTOP', still),
  fault('silent', 'nothing, for ever', still),
  fault('deaf', 'nothing, for ever, and no ear for SIGTERM', still),
  fault('exits-0', 'exit 0 at once'),
  fault('exits-1', 'exit 1 at once'),
  fault('exits-0-midway', 'exit 0 within the output'),
  fault('exits-1-late', 'exit 1 behind a good output'),
  fault('floods', 'megabytes on stderr'),
  fault('closes-stdout', 'its output is closed early'),
  fault('closes-stdin', 'its input is closed early'),
  fault('closes-stderr', 'its stderr is closed early'),
  fault('garbage', 'garbage behind a good output'),
  fault('copies', 'no ffmpeg, but a program that copies'),
  fault('grandchild', 'a grandchild that holds its pipes'),
  fault('wrapper', 'a wrapper without exec', { recovers: true }),
  fault('missing', 'no such program'),
  fault('no-program', 'a file that can not be run'),
  fault('too-old', 'an ffmpeg that is too old', { stages: ['version'] }),
]
