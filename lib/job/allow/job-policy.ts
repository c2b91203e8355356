import { isIP } from 'node:net'
import { AddressRules, addressRangesOption } from '../../io/addresses/address-rules.js'
import { entryFor, HostList } from '../../io/addresses/host-list.js'
import type { HttpAllow } from '../../io/sources/http-allow.js'
import { knownOptions, objectOption } from '../../options.js'
import { refusedJob } from '../schema/job-errors.js'
import { type Location, parseLocation, parsePrefix } from '../schema/location.js'
import { FileAllow, hasParentSegment } from './file-allow.js'
import { S3Allow } from './s3-allow.js'

/** The locations a job may use. By default every bucket in S3, no URLs, no files. */
export interface JobAllow {
  /**
   * The hosts that `https://` inputs and their redirects may name, as `allow.hosts` of `HttpSource`.
   *
   * @defaultValue none
   */
  hosts?: readonly string[] | undefined
  /**
   * Addresses, and blocks of them, that these hosts may have although they are not on the public internet, as
   * `allow.addresses` of `HttpSource`.
   *
   * @defaultValue none
   */
  addresses?: readonly string[] | undefined
  /**
   * Absolute paths of directories in which files may be read and written, and of single files. Symbolic links are
   * resolved: a path that leads out of the directories is refused. This is checked before the job starts, so give no
   * untrusted user write access to these directories.
   *
   * @defaultValue none
   */
  files?: readonly string[] | undefined
  /**
   * The exact names of the buckets in which objects may be read and stored.
   *
   * @defaultValue every bucket, unless `prefixes` is given
   */
  buckets?: readonly string[] | undefined
  /**
   * Prefixes, such as `s3://bucket/prefix/`, below which objects may be read and stored, besides `buckets`. Keys are
   * compared byte for byte.
   *
   * @defaultValue every bucket, unless `buckets` is given
   */
  prefixes?: readonly string[] | undefined
}

/** The use of a location: read, written, or the parent of several files or objects. */
export type JobUse = 'input' | 'output' | 'prefix'

const NAMES = ['hosts', 'addresses', 'files', 'buckets', 'prefixes']

/** The checked {@link JobAllow}: decides which locations a job may open. */
export class JobPolicy {
  /** The option `allow` for every `HttpSource` of the job, for redirects and addresses. */
  readonly http: HttpAllow
  readonly #hosts: HostList
  readonly #addresses: AddressRules
  readonly #files: FileAllow
  readonly #s3: S3Allow

  /** Reads the option `allow`; throws an `OptionError` for an entry of another form. */
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
   * Checks a location. Sends no request; resolves the symbolic links of a file.
   *
   * @param text - the location in the job
   * @param path - its path in the job: `inputs[0].url`
   * @returns the location to open: for a file, its real path
   * @throws `JobError` AVIO_ERR_JOB_REFUSED
   */
  async check(text: string, use: JobUse, path: string): Promise<Location> {
    const location = use === 'prefix' ? parsePrefix(text) : parseLocation(text)
    if (location?.kind === 's3') this.#checkObject(location, path)
    else if (location?.kind === 'http' && use === 'input') this.#checkUrl(location.url, path)
    else if (location?.kind === 'file')
      return { kind: 'file', path: await this.#checkedFile(location.path, path) }
    else throw refusedJob(path, 'is not a location that a job may use here')
    return location
  }

  #checkObject(location: Location & { kind: 's3' }, path: string): void {
    if (this.#s3.allows(location)) return
    throw refusedJob(
      path,
      `is in the bucket "${location.bucket}", outside allow.buckets and allow.prefixes: ` +
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

  async #checkedFile(file: string, path: string): Promise<string> {
    const real = await this.#files.realPath(file)
    if (real !== undefined) return real
    throw refusedJob(path, this.#whyNoFile(file))
  }

  #whyNoFile(file: string): string {
    if (this.#files.isEmpty)
      return 'is a file, and allow.files is empty: add its directory there if the job may use it'
    if (hasParentSegment(file)) return 'contains "..": write the path without it'
    return 'is outside of what allow.files names: add the file or its directory there if the job may use it'
  }
}
