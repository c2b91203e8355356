import { spawn } from 'node:child_process'
import { validate } from './validate.js'

/** A reader's verdict on an MP4: the number of samples, or the error. */
export type Verdict = { readonly samples: number } | { readonly error: string }

/** Readers of fragmented MP4, including this library's. Those not installed are skipped. */
export interface Judge {
  readonly name: string
  readonly judge: (bytes: Buffer) => Promise<Verdict>
}

/** A judge may wait forever. */
const PATIENCE = 20_000

/** The part of mp4box.js in use (https://github.com/gpac/mp4box.js). */
interface Mp4Box {
  readonly createFile: () => {
    onReady?: (info: {
      readonly tracks: readonly { readonly id: number; readonly nb_samples: number }[]
    }) => void
    onError?: (module: string, message: string) => void
    onSamples?: (id: number, user: unknown, samples: readonly unknown[]) => void
    appendBuffer(bytes: ArrayBuffer & { fileStart?: number }): void
    setExtractionOptions(id: number, user: unknown, options: { nbSamples: number }): void
    start(): void
    flush(): void
  }
}

function mp4box({ createFile }: Mp4Box): Judge['judge'] {
  return bytes => {
    const file = createFile()
    let samples = 0
    const ready: unknown[] = []
    const wrong: string[] = []
    file.onError = (module, message) => void wrong.push(`${module}: ${message}`)
    file.onSamples = (_id, _user, list) => (samples += list.length)
    file.onReady = ({ tracks }) => {
      ready.push(tracks)
      for (const { id } of tracks) file.setExtractionOptions(id, undefined, { nbSamples: 1 })
      file.start()
    }
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer & {
      fileStart?: number
    }
    buffer.fileStart = 0
    file.appendBuffer(buffer)
    file.flush()
    if (wrong[0] !== undefined) return Promise.resolve({ error: wrong[0] })
    return Promise.resolve(ready.length > 0 ? { samples } : { error: 'it never gets ready' })
  }
}

/** The part of mediabunny in use (https://mediabunny.dev). */
interface Mediabunny {
  readonly ALL_FORMATS: unknown
  readonly BufferSource: new (bytes: Uint8Array) => unknown
  readonly EncodedPacketSink: new (track: unknown) => { packets(): AsyncIterable<unknown> }
  readonly Input: new (options: { formats: unknown; source: unknown }) => { getTracks(): Promise<unknown[]> }
}

function mediabunny({ ALL_FORMATS, BufferSource, EncodedPacketSink, Input }: Mediabunny): Judge['judge'] {
  return async bytes => {
    const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(new Uint8Array(bytes)) })
    let samples = 0
    for (const track of await input.getTracks()) {
      for await (const packet of new EncodedPacketSink(track).packets()) if (packet !== undefined) samples++
    }
    return { samples }
  }
}

/** ffmpeg's decoders with `-xerror`: an exit code other than 0 is an error. */
function ffmpeg(bytes: Buffer): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const text = '-v error -xerror -i pipe:0 -map 0 -f framecrc pipe:1'
    const child = spawn(process.env['FFMPEG_PATH'] ?? 'ffmpeg', text.split(' '))
    let lines = ''
    let log = ''
    child.stdout.setEncoding('latin1').on('data', (chunk: string) => (lines += chunk))
    child.stderr.setEncoding('latin1').on('data', (chunk: string) => (log += chunk))
    child.once('error', reject)
    child.once('close', code => {
      const samples = lines.split('\n').filter(line => /^\d/.test(line)).length
      resolve(code === 0 ? { samples } : { error: log.trim().split('\n')[0] ?? `exit ${code}` })
    })
    // It may have stopped reading.
    child.stdin.on('error', () => undefined)
    child.stdin.end(bytes)
  })
}

async function ours(bytes: Buffer): Promise<Verdict> {
  const { error, report } = await validate(bytes)
  if (error) return { error: error.code }
  return { samples: report!.tracks.reduce((sum, { sampleCount }) => sum + sampleCount, 0) }
}

/** The name is not a constant, so that the compiler does not read the packages' types. */
async function installed<T>(name: string): Promise<T | undefined> {
  try {
    return (await import(name)) as T
  } catch {
    return undefined
  }
}

/** The installed judges, this library first. */
export async function judges(): Promise<Judge[]> {
  const [box, bunny] = [await installed<Mp4Box>('mp4box'), await installed<Mediabunny>('mediabunny')]
  return [
    { name: 'Fmp4Validator', judge: ours },
    { name: 'ffmpeg', judge: ffmpeg },
    ...(box ? [{ name: 'mp4box.js', judge: mp4box(box) }] : []),
    ...(bunny ? [{ name: 'mediabunny', judge: mediabunny(bunny) }] : []),
  ]
}

/** The verdict, even if the judge hangs. */
export async function verdictOf({ judge }: Judge, bytes: Buffer): Promise<Verdict> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Verdict>(resolve => {
    timer = setTimeout(() => resolve({ error: 'it does not end' }), PATIENCE)
  })
  try {
    return await Promise.race([(async () => judge(bytes))(), late])
  } catch (error) {
    return { error: (error as Error).message.split('\n')[0]! }
  } finally {
    clearTimeout(timer)
  }
}
