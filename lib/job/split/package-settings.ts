import { OptionError } from '../../errors.js'
import { imagesName } from '../../hls/image-store.js'
import { packagerSettings } from '../../hls/packager-options.js'
import { type RenditionOptions, renditionSettings } from '../../hls/rendition/rendition-options.js'
import {
  booleanOption,
  knownOptions,
  objectOption,
  optionError,
  optionsObject,
  stringsOption,
} from '../../options.js'
import { sheetSettings } from '../../tasks/storyboard/storyboard-tiles.js'
import { type ThumbnailTimes, thumbnailTimes } from '../../tasks/thumbnails/thumbnail-times.js'
import { needed, optional } from './spec-strings.js'
import type { PackageMedia, PlannedImages, PlannedPackage } from './split-plan.js'

/** One rendition of a package: video or audio, by the arguments of its output. */
export interface SplitRendition extends RenditionOptions {
  /** Arguments of the output: codec, filters, maps. One for video has `-an`, one for audio `-vn`, or maps. */
  readonly args: readonly string[]
}

/**
 * Sheets of thumbnails for the seek bars of players, as `storyboard` makes them: with exactly one of `times`, `every`
 * and `count`. Their defaults are those of `storyboard`.
 */
export interface SplitImages extends Partial<Omit<PlannedImages, 'name'>> {
  /** Name of the images, and of their directory. @defaultValue `thumbnails` */
  readonly name?: string
}

/** The package to make: HLS, and optionally a DASH manifest. */
export interface SplitPackage
  extends
    Partial<
      Pick<PackageMedia, 'run' | 'targetDuration' | 'layout' | 'storageClass' | 'serverSideEncryption'>
    >,
    Partial<Pick<PackageMedia, 'kmsKeyId'>> {
  /** A package. */
  readonly type: 'package'
  /** The bucket's name, or the ARN of an access point. */
  readonly bucket: string
  /** Ends with `/`. The names of all objects follow it. */
  readonly prefix: string
  /** In the order of the playlists; at least one of video. */
  readonly renditions: readonly SplitRendition[]
  /** Name of the multivariant playlist. @defaultValue `main.m3u8` */
  readonly playlist?: string
  /** Name of the DASH manifest. @defaultValue none */
  readonly mpd?: string
  /** Sheets of thumbnails. @defaultValue none */
  readonly images?: SplitImages
  /** Whether to remove the objects of the replaced package. @defaultValue `false` */
  readonly removeReplaced?: boolean
}

/** A package as its spec says: without the ETags to replace, and with a run only if that has a name. */
export type PackageSettings = Omit<PlannedPackage, 'run' | 'replaces' | 'replacesMpd'> & {
  readonly run?: string
}

const NAMES = [
  ...['type', 'bucket', 'prefix', 'renditions', 'playlist', 'mpd', 'run', 'removeReplaced', 'targetDuration'],
  ...['layout', 'storageClass', 'serverSideEncryption', 'kmsKeyId', 'images'],
]

const IMAGES = [
  ...['name', 'times', 'every', 'count', 'exact', 'format', 'columns', 'rows', 'width', 'height'],
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
  const images = imagesOption(output)
  return {
    type: 'package',
    ...{ bucket: needed(output, 'output.bucket'), prefix },
    ...(run !== undefined && { run: checked.run }),
    ...{ targetDuration: checked.targetDuration, layout: checked.layout, playlist: checked.playlist },
    ...(checked.mpd !== undefined && { mpd: checked.mpd }),
    removeReplaced: booleanOption(output, 'removeReplaced', { default: false }),
    renditions: renditionsOption(output.renditions, images),
    ...(images && { images }),
    ...optional(output, 'output.storageClass'),
    ...optional(output, 'output.serverSideEncryption'),
    ...optional(output, 'output.kmsKeyId'),
  }
}

/** Checks the images as `storyboard` and the packager do. */
function imagesOption(output: SplitPackage): PlannedImages | undefined {
  const images = objectOption<SplitImages>(output, 'images')
  if (images === undefined) return undefined
  knownOptions(images, 'output.images', IMAGES)
  const { times, every, count } = images
  thumbnailTimes(timesOf(images))
  const { height, ...sheets } = sheetSettings(images)
  return {
    name: imagesName({ name: images.name }),
    ...(times !== undefined && { times: [...times] }),
    ...(every !== undefined && { every }),
    ...(count !== undefined && { count }),
    exact: booleanOption(images, 'exact', { default: false }),
    ...sheets,
    ...(height !== undefined && { height }),
  }
}

/** The times of images. The options permit exactly one of the three kinds. */
export function timesOf({ times, every, count }: SplitImages): ThumbnailTimes {
  return { times, every, count } as ThumbnailTimes
}

function renditionsOption(
  renditions: readonly SplitRendition[],
  images: PlannedImages | undefined,
): PlannedPackage['renditions'] {
  if (!Array.isArray(renditions) || renditions.length === 0) {
    throw optionError('output.renditions', 'an array of at least one rendition', renditions)
  }
  const names = new Set<string>(images && [images.name])
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
