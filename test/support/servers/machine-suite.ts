import { readFile } from 'node:fs/promises'

/** This machine's own Debian suite: `bookworm`; `stable` for another system. */
export async function machineSuite(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '')
  return /^VERSION_CODENAME=(\S+)$/m.exec(release)?.[1] ?? 'stable'
}
