import type { ImageTrack, Presentation, Rendition } from '../presentation/presentation.js'

/**
 * The multivariant playlist (RFC 8216bis §4.4.6): a variant for each video rendition with each group of audio
 * renditions; without video, one for each audio rendition.
 *
 * A variant's bit rates are those of its video plus the largest of its audio renditions, since any of these may
 * be played with it.
 */
export function formatMultivariantPlaylist({ renditions, images = [] }: Presentation): string {
  const videos = renditions.filter(({ kind }) => kind === 'video')
  const audios = renditions.filter(({ kind }) => kind === 'audio')
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS']
  if (videos.length === 0) {
    for (const audio of audios) lines.push(...variant(audio, []))
  }
  const groups = new Map<string | undefined, Rendition[]>()
  for (const audio of audios) groups.set(audio.groupId, [...(groups.get(audio.groupId) ?? []), audio])
  if (videos.length > 0) lines.push(...audios.map(media))
  for (const video of videos) {
    if (groups.size === 0) lines.push(...variant(video, []))
    for (const group of groups.values()) lines.push(...variant(video, group))
  }
  lines.push(...images.map(imageTrack))
  return `${lines.join('\n')}\n`
}

function imageTrack({ bandwidth, width, height, codec, playlist }: ImageTrack): string {
  return `#EXT-X-IMAGE-STREAM-INF:${attributes({
    BANDWIDTH: String(bandwidth),
    RESOLUTION: `${width}x${height}`,
    CODECS: quoted(codec),
    URI: quoted(playlist),
  })}`
}

function media(audio: Rendition): string {
  const { groupId, label, language, isDefault, autoselect, channels, playlist } = audio
  return `#EXT-X-MEDIA:${attributes({
    TYPE: 'AUDIO',
    'GROUP-ID': quoted(groupId),
    NAME: quoted(label),
    LANGUAGE: quoted(language),
    DEFAULT: isDefault ? 'YES' : 'NO',
    AUTOSELECT: autoselect ? 'YES' : 'NO',
    CHANNELS: quoted(channels?.toString()),
    URI: quoted(playlist),
  })}`
}

function variant(rendition: Rendition, group: readonly Rendition[]): string[] {
  const { width, height, frameRate, videoRange, playlist } = rendition
  const most = (of: (audio: Rendition) => number): number => Math.max(0, ...group.map(of))
  const codecs = new Set([rendition, ...group].flatMap(({ codecs }) => codecs))
  const list = attributes({
    BANDWIDTH: String(rendition.bandwidth + most(audio => audio.bandwidth)),
    'AVERAGE-BANDWIDTH': String(rendition.averageBandwidth + most(audio => audio.averageBandwidth)),
    CODECS: quoted([...codecs].join(',')),
    RESOLUTION: width !== undefined && height !== undefined ? `${width}x${height}` : undefined,
    'FRAME-RATE': frameRate?.toFixed(3),
    'VIDEO-RANGE': videoRange,
    AUDIO: quoted(group[0]?.groupId),
  })
  return [`#EXT-X-STREAM-INF:${list}`, playlist]
}

function attributes(list: Record<string, string | undefined>): string {
  return Object.entries(list)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
    .join(',')
}

function quoted(value: string | undefined): string | undefined {
  return value === undefined ? undefined : `"${value}"`
}
