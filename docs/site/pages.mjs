import { readdirSync } from 'node:fs'

/**
 * The pages of the documentation, in the order and under the headings in which the site's navigation shows them. A page's
 * title is its first heading. Pages and examples that are not listed come last under `Reference` and `Examples`.
 */
export const PAGES = {
  'Start here': [
    'docs/getting-started.md',
    'docs/ffmpeg-transform.md',
    'docs/glossary.md',
    'docs/defaults.md',
  ],
  Guides: [
    'docs/outputs.md',
    'docs/seeking.md',
    'docs/tasks.md',
    'docs/probe.md',
    'docs/keyframes.md',
    'docs/hls.md',
    'docs/jobs.md',
    'docs/splitting.md',
    'docs/scale-out.md',
    'docs/command.md',
    'docs/lifecycle.md',
    'docs/memory.md',
    'docs/observability.md',
    'docs/performance.md',
    'docs/security.md',
    'docs/testing.md',
  ],
  Recipes: [
    'docs/resume.md',
    'docs/lambda-and-ecs.md',
    'docs/minio-and-r2.md',
    'docs/presigned-url.md',
    'docs/cancel-from-a-queue.md',
    'docs/progress-on-a-page.md',
    'docs/live-sources.md',
    'docs/http-response.md',
  ],
  'Coming from …': ['docs/from-fluent-ffmpeg.md', 'docs/from-upload.md', 'docs/from-spawn.md'],
  Reference: [
    'docs/s3-range-readable.md',
    'docs/ffmpeg-process.md',
    'docs/validation.md',
    'docs/s3-multipart-writable.md',
    'docs/file-writable.md',
    'docs/hls-storage.md',
    'docs/random-access.md',
    'docs/formats.md',
    'docs/s3-compatible.md',
    'docs/errors.md',
    'docs/faults.md',
    'docs/players.md',
    'docs/architecture.md',
    'docs/avio-contract.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
  ],
  Examples: [
    'examples/transcode.ts',
    'examples/job.ts',
    'examples/clip.ts',
    'examples/faststart.ts',
    'examples/hls.ts',
    'examples/audio.ts',
    'examples/mux.ts',
    'examples/contact-sheet.ts',
    'examples/probe.ts',
    'examples/live-progress.ts',
    'examples/composition.ts',
    'examples/file-to-file.ts',
    'examples/open-telemetry.ts',
    'examples/prometheus.ts',
    'examples/resume.ts',
    'examples/split.ts',
    'examples/step-functions/handlers.ts',
  ],
}

function addUnlisted(folder, ending, group) {
  const listed = new Set(Object.values(PAGES).flat())
  const all = readdirSync(new URL(`../../${folder}/`, import.meta.url)).filter(name => name.endsWith(ending))
  PAGES[group].push(...all.map(name => `${folder}/${name}`).filter(file => !listed.has(file)))
}

addUnlisted('docs', '.md', 'Reference')
addUnlisted('examples', '.ts', 'Examples')
