import { OptionError } from '../../errors.js'
import { packagerSettings } from '../../hls/packager-options.js'
import { type RenditionOptions, renditionSettings } from '../../hls/rendition/rendition-options.js'
import { booleanOption, knownOptions, optionError, optionsObject, stringsOption } from '../../options.js'
import { needed, optional } from './spec-strings.js'
import type { PackageMedia, PlannedPackage } from './split-plan.js'

/** One rendition of a package: video or audio, by the arguments of its output. */
export interface SplitRendition extends RenditionOptions {
  /** Arguments of the output: codec, filters, maps. One for video has `-an`, one for audio `-vn`, or maps. */
  readonly args: readonly string[]
}

/** The package to make: HLS, and optionally a DASH manifest. */
export interface SplitPackage
  extends
    Partial<
      Pick<PackageMedia, 'run' | 'targetDuration' | 'layout' | 'storageClass' | 'serverSideEncryption'>
    >,
    Partial<Pick<PackageMedia, 'kmsKeyId'>> {
  readonly type: 'package'
  readonly bucket: string
  /** Ends with `/`. The names of all objects follow it. */
  readonly prefix: string
  /** In the order of the playlists; at least one of video. */
  readonly renditions: readonly SplitRendition[]
  /** Name of the multivariant playlist. @defaultValue `main.m3u8` */
  readonly playlist?: string
  /** Name of the DASH manifest. @defaultValue none */
  readonly mpd?: string
  /** Whether to remove the objects of the replaced package. @defaultValue `false` */
  readonly removeReplaced?: boolean
}

/** A package as its spec says: without the ETags to replace, and with a run only if that has a name. */
export type PackageSettings = Omit<PlannedPackage, 'run' | 'replaces' | 'replacesMpd'> & {
  readonly run?: string
}

const NAMES = [
  ...['type', 'bucket', 'prefix', 'renditions', 'playlist', 'mpd', 'run', 'removeReplaced', 'targetDuration'],
  ...['layout', 'storageClass', 'serverSideEncryption', 'kmsKeyId'],
]

const RENDITION = ['name', 'label', 'groupId', 'language', 'default', 'autoselect'] as const

/** Checks a package as the packager does, before anything is encoded. @throws `OptionError` */
export function packageSettings(output: SplitPackage): PackageSettings {
  knownOptions(output, 'output', NAMES)
  const prefix = needed(output, 'output.prefix')
  if (!prefix.endsWith('/')) throw optionError('output.prefix', 'a prefix that ends with "/"', prefix)
  const { targetDuration, layout, playlist, mpd, run, removeReplaced } = output
  const given = { targetDuration, layout, playlist, mpd, run, removeReplaced }
  // No storage is needed to check the others.
  const storage = { open: () => undefined as never }
  const checked = packagerSettings({ ...given, storage })
  return {
    type: 'package',
    ...{ bucket: needed(output, 'output.bucket'), prefix },
    ...(run !== undefined && { run: checked.run }),
    ...{ targetDuration: checked.targetDuration, layout: checked.layout, playlist: checked.playlist },
    ...(checked.mpd !== undefined && { mpd: checked.mpd }),
    removeReplaced: booleanOption(output, 'removeReplaced', { default: false }),
    renditions: renditionsOption(output.renditions),
    ...optional(output, 'output.storageClass'),
    ...optional(output, 'output.serverSideEncryption'),
    ...optional(output, 'output.kmsKeyId'),
  }
}

function renditionsOption(renditions: readonly SplitRendition[]): PlannedPackage['renditions'] {
  if (!Array.isArray(renditions) || renditions.length === 0) {
    throw optionError('output.renditions', 'an array of at least one rendition', renditions)
  }
  const names = new Set<string>()
  return renditions.map((rendition: SplitRendition, n) => {
    const path = `output.renditions[${n}]`
    knownOptions(optionsObject(rendition, path), path, [...RENDITION, 'args'])
    stringsOption(rendition, `${path}.args`)
    const given = Object.fromEntries(
      RENDITION.flatMap(name => (rendition[name] === undefined ? [] : [[name, rendition[name]]])),
    ) as unknown as PlannedPackage['renditions'][number]
    const { name } = renditionSettings(given)
    if (names.size === names.add(name).size) {
      throw new OptionError('name', `The name "${name}" is already in use: choose a unique one`, name)
    }
    return given
  })
}
