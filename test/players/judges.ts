import { readFileSync } from 'node:fs'

/** A player of the page, and the playlist or manifest that it is given. */
export interface PlayerJudge {
  /** In the table, and in what is asked of the command line. */
  readonly name: string
  /** Of `page/players.js`. */
  readonly player: string
  readonly manifest: 'main.m3u8' | 'manifest.mpd'
}

const [HLS, DASH] = ['main.m3u8', 'manifest.mpd'] as const

export const PLAYERS = [
  { name: 'hls.js', player: 'hls.js', manifest: HLS },
  { name: 'shaka-player HLS', player: 'shaka-player', manifest: HLS },
  { name: 'shaka-player DASH', player: 'shaka-player', manifest: DASH },
  { name: 'dash.js', player: 'dash.js', manifest: DASH },
  { name: 'video.js HLS', player: 'video.js', manifest: HLS },
  { name: 'video.js DASH', player: 'video.js', manifest: DASH },
] as const satisfies readonly PlayerJudge[]

/** The packages that judge, by the name that npm has for them. */
export const PACKAGES = [
  ...['hls.js', 'shaka-player', 'dashjs', 'video.js'],
  ...['mp4box', 'mediabunny', 'm3u8-parser', 'hls-parser', 'mpd-parser'],
]

/** Which version of a package judges. */
export function versionOf(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
