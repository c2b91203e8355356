import { readFileSync } from 'node:fs'

/** A player on the page, and the playlist or manifest that it gets. */
export interface PlayerJudge {
  /** Its name in the table and on the command line. */
  readonly name: string
  /** Its name in `page/players.js`. */
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

/** The judging packages, by their npm names. */
export const PACKAGES = [
  ...['hls.js', 'shaka-player', 'dashjs', 'video.js'],
  ...['mp4box', 'mediabunny', 'm3u8-parser', 'hls-parser', 'mpd-parser'],
]

/** The installed version of a package. */
export function versionOf(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
