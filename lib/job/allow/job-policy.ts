import { isIP } from 'node:net'
import { AddressRules, addressRangesOption } from '../../io/addresses/address-rules.js'
import { entryFor, HostList } from '../../io/addresses/host-list.js'
import type { HttpAllow } from '../../io/sources/http-allow.js'
import { knownOptions, objectOption } from '../../options.js'
import { refusedJob } from '../schema/job-errors.js'
import { type Location, parseLocation, parsePrefix } from '../schema/location.js'
import { FileAllow, hasParentSegment } from './file-allow.js'
import { S3Allow } from './s3-allow.js'

/** What the locations of a job may name. By default every bucket by `s3://`, no URL, and no file. */
export interface JobAllow {
  /**
   * The hosts that `https://` inputs and their redirects may name, as `allow.hosts` of {@link HttpSource}.
   *
   * @defaultValue none
   */
  hosts?: readonly string[] | undefined
  /**
   * Addresses, and blocks of them, that these hosts may have although they are not on the public internet, as
   * `allow.addresses` of {@link HttpSource}.
   *
   * @defaultValue none
   */
  addresses?: readonly string[] | undefined
  /**
   * Absolute paths of the directories that files may be read from and written to. Symbolic links are followed: what leads
   * out of the directories is refused. This is judged before the job starts; whoever can replace directories in them
   * meanwhile is trusted.
   *
   * @defaultValue none
   */
  files?: readonly string[] | undefined
  /**
   * The buckets that objects may be read from and stored in, by their exact names.
   *
   * @defaultValue every bucket, unless `prefixes` is given
   */
  buckets?: readonly string[] | undefined
  /**
   * `s3://bucket/prefix/`: where objects may be read and stored, besides `buckets`. Keys are compared byte for byte.
   *
   * @defaultValue every bucket, unless `buckets` is given
   */
  prefixes?: readonly string[] | undefined
}

/** What a location is for: to be read, to be written, to have several files or objects below it. */
export type JobUse = 'input' | 'output' | 'prefix'

const NAMES = ['hosts', 'addresses', 'files', 'buckets', 'prefixes']

/** {@link JobAllow}, checked: what a job may open, and the errors for the rest. */
export class JobPolicy {
  /** The option `allow` for every `HttpSource` of the job, for redirects and addresses. */
  readonly http: HttpAllow
  readonly #hosts: HostList
  readonly #addresses: AddressRules
  readonly #files: FileAllow
  readonly #s3: S3Allow

  /** Reads the option `allow`; throws an {@link OptionError} for an entry of another form. */
  static option(options: { allow?: JobAllow | undefined }): JobPolicy {
    const allow = objectOption<JobAllow>(options, 'allow') ?? {}
    knownOptions(allow, 'allow', NAMES)
    return new JobPolicy(allow)
  }

  private constructor(allow: JobAllow) {
    const addresses = addressRangesOption(allow, 'allow.addresses')
    this.#hosts = HostList.option(allow, 'allow.hosts')
    this.#addresses = new AddressRules(addresses)
    this.#files = FileAllow.option(allow, 'allow.files')
    this.#s3 = S3Allow.option(allow)
    this.http = { hosts: [...(allow.hosts ?? [])], addresses }
  }

  /**
   * Refuses a location that the job may not use. Nothing is requested; for a file, the file system is asked where it leads.
   *
   * @param text - the location as the job has it
   * @param path - where the job has it: `inputs[0].url`
   * @returns what is to be opened: for a file the path behind its symbolic links
   * @throws {@link JobError} AVIO_ERR_JOB_REFUSED
   */
  async check(text: string, use: JobUse, path: string): Promise<Location> {
    const location = use === 'prefix' ? parsePrefix(text) : parseLocation(text)
    if (location?.kind === 's3') this.#checkObject(location, path)
    else if (location?.kind === 'http' && use === 'input') this.#checkUrl(location.url, path)
    else if (location?.kind === 'file')
      return { kind: 'file', path: await this.#checkedFile(location.path, use, path) }
    else throw refusedJob(path, 'is not a location that a job may use here')
    return location
  }

  #checkObject(location: Location & { kind: 's3' }, path: string): void {
    if (this.#s3.allows(location)) return
    throw refusedJob(
      path,
      `is in the bucket "${location.bucket}", outside of what allow.buckets and allow.prefixes open: ` +
        'add the bucket or the prefix there if the job may use it',
    )
  }

  #checkUrl(url: URL, path: string): void {
    if (!this.#hosts.allows(url)) {
      throw refusedJob(
        path,
        `names ${url.origin}, which is not in allow.hosts: add "${entryFor(url)}" there if the job may read it`,
      )
    }
    if (url.username !== '' || url.password !== '') {
      throw refusedJob(path, 'has a user or password, which no job may contain: remove them')
    }
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const reason = isIP(host) === 0 ? undefined : this.#addresses.fault(host)
    if (reason === undefined) return
    throw refusedJob(
      path,
      `names ${host}, which is not a public address (${reason}): add it to allow.addresses if the job may read it`,
    )
  }

  async #checkedFile(file: string, use: JobUse, path: string): Promise<string> {
    const real = await this.#files.realPath(file, use === 'prefix')
    if (real !== undefined) return real
    throw refusedJob(path, this.#whyNoFile(file))
  }

  #whyNoFile(file: string): string {
    if (this.#files.isEmpty)
      return 'is a file, and allow.files is empty: add its directory there if the job may use it'
    if (hasParentSegment(file)) return 'has a ".." in it: write the path without'
    return 'leads out of the directories in allow.files: add its directory there if the job may use it'
  }
}
