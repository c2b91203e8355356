import { type CephRelease } from './ceph.js'

/**
 * Passes the gateways of a run to its tests: one environment variable, read by `stores.ts`. Without it, as when a
 * single file is run by hand, tests use only the in-process server.
 */

/** A running gateway, or the reason why there is none. */
export type Gateway =
  | { release: CephRelease; version: string; endpoint: string; accessKeyId: string; secretAccessKey: string }
  | { release: CephRelease; missing: string }

const VARIABLE = 'AVIO_TEST_GATEWAYS'

/** The environment of a test process that uses `gateways`. */
export function environmentOf(gateways: readonly Gateway[]): NodeJS.ProcessEnv {
  return { [VARIABLE]: JSON.stringify(gateways) }
}

/** The gateways of the run that started this process. */
export function gatewaysFromEnvironment(): Gateway[] {
  return JSON.parse(process.env[VARIABLE] ?? '[]') as Gateway[]
}
