import { MiB } from '../options.js'
import { linksOf, linksOfMpd, nameOf } from './manifests/playlist-links.js'
import type { SegmentStorage } from './storage/segment-storage.js'

/** More than the playlists of a million segments. */
const MAX_PLAYLIST = 64 * MiB

/** The part of a storage needed here. */
interface Reading {
  readonly read?: SegmentStorage['read'] | undefined
}

type Read = (name: string) => Promise<string | undefined>

/**
 * The objects of a published presentation, as listed by its playlists and manifest: media playlists first, then
 * the objects they list. Its multivariant playlist and manifest are not included, nor anything outside of the
 * storage. A manifest alone leads to the media playlists beside its segments, if `CmafPackager` wrote it.
 *
 * Rejects with the storage's error.
 *
 * @param roots - names of the multivariant playlist and of the manifest
 * @returns names without duplicates; none if nothing is published; `undefined` if the storage can't read
 */
export async function publishedObjects(
  storage: Reading,
  roots: readonly string[],
): Promise<string[] | undefined> {
  if (storage.read === undefined) return undefined
  const read: Read = async name => {
    const bytes = await storage.read!(name, MAX_PLAYLIST)
    return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  }
  const playlists = new Set<string>()
  const objects = new Set<string>()
  for (const root of roots) {
    for (const name of await namedBy(root, read)) (isPlaylist(name) ? playlists : objects).add(name)
  }
  for (const root of roots) playlists.delete(root)
  for (const playlist of playlists) {
    const text = await read(playlist)
    // A listed object that is missing need not be removed.
    if (text === undefined) playlists.delete(playlist)
    else for (const name of names(playlist, linksOf(text))) objects.add(name)
  }
  return [...playlists, ...objects]
}

async function namedBy(root: string, read: Read): Promise<string[]> {
  const text = await read(root)
  if (text === undefined) return []
  if (isPlaylist(root)) return names(root, linksOf(text))
  const folders = names(root, linksOfMpd(text)).map(name => name.slice(0, name.lastIndexOf('/') + 1))
  return [...new Set(folders)].map(folder => `${folder}index.m3u8`)
}

function names(base: string, links: readonly string[]): string[] {
  return links.map(link => nameOf(base, link)).filter(name => name !== undefined)
}

function isPlaylist(name: string): boolean {
  return name.endsWith('.m3u8')
}
