import { type CephRelease } from './ceph.js'

/**
 * How a run tells its tests of the gateways it has started: one environment variable, read by `stores.ts`. Without it,
 * as when a single file is run by hand, there are none, and the tests make do with the in-process server.
 */

/** A gateway that is up, or why there is none. */
export type Gateway =
  | { release: CephRelease; version: string; endpoint: string; accessKeyId: string; secretAccessKey: string }
  | { release: CephRelease; missing: string }

const VARIABLE = 'AVIO_TEST_GATEWAYS'

/** The environment of a test process that is to find `gateways`. */
export function environmentOf(gateways: readonly Gateway[]): NodeJS.ProcessEnv {
  return { [VARIABLE]: JSON.stringify(gateways) }
}

/** The gateways that the run which started this process has told of. */
export function gatewaysFromEnvironment(): Gateway[] {
  return JSON.parse(process.env[VARIABLE] ?? '[]') as Gateway[]
}
