import type { Presentation, Rendition } from '../../lib/hls/presentation/presentation.js'
import type { MemoryStorage } from '../support/hls.js'
import { judges, verdictOf } from '../support/judges.js'
import type { Findings } from './checks.js'

/** The finished package. */
export interface Files {
  readonly storage: MemoryStorage
  readonly presentation: Presentation
}

/** A parser: it reads files and plays nothing. */
export interface FileJudge {
  readonly name: string
  /** Whether it reads the DASH manifest, which not every kind has. */
  readonly isDash?: boolean
  readonly judge: (files: Files) => Promise<Findings>
}

/** A parser's count of the segments of one playlist. */
interface Counted {
  readonly segments: number
  readonly seconds: number
}

function compare(name: string, counted: Counted, { segments }: Rendition): string | undefined {
  const seconds = segments.reduce((sum, { duration }) => sum + duration, 0)
  if (counted.segments !== segments.length)
    return `${name}: ${counted.segments} segments of ${segments.length}`
  if (Math.abs(counted.seconds - seconds) > 0.01) return `${name}: ${counted.seconds} s of ${seconds} s`
  return undefined
}

const findings = (problems: readonly (string | undefined)[]): Findings => {
  const told = problems.filter(problem => problem !== undefined)
  return told.length > 0 ? { errors: told.join('; ') } : {}
}

type Fragments = readonly { readonly duration: number }[]
const count = (segments: Fragments): Counted => ({
  segments: segments.length,
  seconds: segments.reduce((sum, { duration }) => sum + duration, 0),
})

/** The names are no constants, so that the compiler does not read the packages' types. */
const load = async <T>(name: string): Promise<T> => (await import(name)) as T

interface M3u8Parser {
  readonly Parser: new () => {
    on(event: 'warn' | 'error', listener: (event: { message: string }) => void): void
    push(text: string): void
    end(): void
    readonly manifest: { readonly segments: Fragments; readonly playlists?: readonly unknown[] }
  }
}

async function m3u8Parser({ storage, presentation }: Files): Promise<Findings> {
  const { Parser } = await load<M3u8Parser>('m3u8-parser')
  const problems: (string | undefined)[] = []
  const parse = (name: string) => {
    const parser = new Parser()
    for (const event of ['warn', 'error'] as const) {
      parser.on(event, ({ message }) => problems.push(`${name}: ${message}`))
    }
    parser.push(storage.text(name))
    parser.end()
    return parser.manifest
  }
  const { playlists = [] } = parse('main.m3u8')
  if (playlists.length === 0) problems.push('no variant')
  for (const rendition of presentation.renditions) {
    problems.push(compare(rendition.name, count(parse(rendition.playlist).segments), rendition))
  }
  return findings(problems)
}

interface HlsParser {
  setOptions: (options: { strictMode: boolean; silent: boolean }) => void
  parse: (text: string) => { readonly segments: Fragments; readonly variants?: readonly unknown[] }
}

async function hlsParser({ storage, presentation }: Files): Promise<Findings> {
  const { parse, setOptions } = await load<HlsParser>('hls-parser')
  setOptions({ strictMode: true, silent: true })
  try {
    const { variants = [] } = parse(storage.text('main.m3u8'))
    return findings([
      variants.length === 0 ? 'no variant' : undefined,
      ...presentation.renditions.map(own =>
        compare(own.name, count(parse(storage.text(own.playlist)).segments), own),
      ),
    ])
  } catch (error) {
    return findings([(error as Error).message])
  }
}

interface MpdPlaylist {
  readonly segments: Fragments
}
interface MpdParser {
  parse: (
    text: string,
    options: { manifestUri: string; eventHandler: (event: { type: string; message: string }) => void },
  ) => {
    readonly playlists: readonly MpdPlaylist[]
    readonly mediaGroups: {
      readonly AUDIO: Record<string, Record<string, { readonly playlists: readonly MpdPlaylist[] }>>
    }
  }
}

async function mpdParser({ storage, presentation }: Files): Promise<Findings> {
  const { parse } = await load<MpdParser>('mpd-parser')
  const problems: string[] = []
  const eventHandler = ({ type, message }: { type: string; message: string }) => {
    if (type !== 'info') problems.push(message)
  }
  const { playlists, mediaGroups } = parse(storage.text('manifest.mpd'), {
    manifestUri: 'http://localhost/manifest.mpd',
    eventHandler,
  })
  const sounds = Object.values(mediaGroups.AUDIO).flatMap(group =>
    Object.values(group).flatMap(own => own.playlists),
  )
  const all = (playlists.some(({ segments }) => segments.length > 0) ? [...playlists, ...sounds] : sounds)
    .map(own => count(own.segments))
    .filter(({ segments }) => segments > 0)
  const told = all.reduce((sum, { segments }) => sum + segments, 0)
  const wanted = presentation.renditions.reduce((sum, { segments }) => sum + segments.length, 0)
  return findings([...problems, told === wanted ? undefined : `${told} segments of ${wanted}`])
}

/** Each rendition as one file per initialization segment: other parsers must count as many samples as this library. */
function samplesBy(name: string): FileJudge['judge'] {
  return async ({ storage, presentation }) => {
    const [ours, other] = (await judges()).filter(
      judge => judge.name === 'Fmp4Validator' || judge.name === name,
    )
    const problems: (string | undefined)[] = []
    const bytesOf = ({
      name: object,
      offset,
      byteLength,
    }: {
      name: string
      offset: number
      byteLength: number
    }) => storage.objects.get(object)!.subarray(offset, offset + byteLength)
    for (const { name: rendition, segments } of presentation.renditions) {
      for (const init of new Set(segments.map(segment => segment.init))) {
        const own = segments.filter(segment => segment.init === init)
        const file = Buffer.concat([init, ...own].map(bytesOf))
        const [wanted, told] = [await verdictOf(ours!, file), await verdictOf(other!, file)]
        const text = (verdict: typeof told) =>
          'error' in verdict ? verdict.error : `${verdict.samples} samples`
        if (text(wanted) !== text(told) || 'error' in told) {
          problems.push(`${rendition}: ${text(told)}; Fmp4Validator: ${text(wanted)}`)
        }
      }
    }
    return findings(problems)
  }
}

export const FILE_JUDGES: readonly FileJudge[] = [
  { name: 'mp4box.js', judge: samplesBy('mp4box.js') },
  { name: 'mediabunny', judge: samplesBy('mediabunny') },
  { name: 'm3u8-parser', judge: m3u8Parser },
  { name: 'hls-parser', judge: hlsParser },
  { name: 'mpd-parser', isDash: true, judge: mpdParser },
]
