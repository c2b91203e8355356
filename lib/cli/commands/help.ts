/** The help texts: one screen each, by example. */

export const HELP = `avio-streams runs ffmpeg between objects in S3: no disk, all or nothing.

  avio-streams -i s3://in/a.mov -c:v libx264 -c:a aac s3://out/a.mp4
  avio-streams -ss 10 -t 5 -i https://x/a.mov -c copy s3://out/clip.mp4 -vn s3://out/clip.m4a
  avio-streams -i s3://in/a.mov -an -f matroska - | mpv -
  avio-streams -i s3://in/a.mov -c:v libx264 -c:a aac s3://web/talk/main.m3u8

  avio-streams probe s3://in/a.mov
  avio-streams thumbnails s3://in/a.mov s3://web/a/ --count 8 --width 320
  avio-streams storyboard s3://in/a.mov s3://web/a/ --every 10
  avio-streams package s3://in/a.mov s3://web/talk/ --ladder 1080,720,360 --mpd manifest.mpd
  avio-streams run job.json
  avio-streams plan job.json --store
  avio-streams step s3://scratch/pieces/…/plan-….json 0
  avio-streams clean s3://out/ --older-than 24h
  avio-streams doctor s3://out/
  avio-streams worker | add job.json | batch s3://in/ job.json | status | cancel ID, with --connection redis://host

Inputs and outputs are s3://bucket/key, https://, a path, or "-". Outputs that exist are refused unless -y is given.
The options of avio-streams go before ffmpeg's:

  --print-job        print the job as JSON, for "run", and end     --json    reports as JSON lines
  --endpoint URL     the store; also AWS_ENDPOINT_URL              --quiet   errors only
  --region NAME  --profile NAME  --path-style                      --ffmpeg PATH  --ffprobe PATH
  --memory-budget 512MiB   most memory for all readers, writers and caches together
  --content-type T  --content-disposition T  --cache-control T  --storage-class NAME
  --metadata NAME=VALUE  --tag NAME=VALUE
  --work s3://scratch/pieces/  --chunk 60  --split auto|prefer|required  --concurrency 4   one object in pieces
  --encode-speed chunk=0.8  --encode-speed whole=3.1   measured speeds, by which --split auto decides
  --allow-host, --allow-address, --allow-file, --allow-bucket, --allow-prefix   what a job may open

Exit codes: 2 usage, 3 input, 4 ffmpeg, 5 store or queue, 6 outcome unknown, 7 the target exists, 8 can't be split,
130 and 143 interrupted.
"avio-streams COMMAND --help" shows the options of a command.
`

export const COMMAND_HELP: Readonly<Record<string, string>> = {
  run: `avio-streams run job.json, or "-" for standard input: a job as data.

  avio-streams run job.json --allow-host media.example.com
  avio-streams --print-job -i s3://in/a.mov -c copy s3://out/a.mp4 | avio-streams run -

Only s3:// is opened, unless the options say more:
  --allow-host media.example.com   --allow-address 10.0.0.0/8   --allow-file PATH
  --allow-bucket NAME              --allow-prefix s3://bucket/prefix/
  --strangers   the job is not yours: encodings by closed lists only, limits are mandatory
  --memory-budget 512MiB        most memory for all readers, writers and caches together
  --work s3://scratch/pieces/  --chunk 60  --split auto|prefer|required  --concurrency 4   one object in pieces
  --encode-speed chunk=0.8  --encode-speed whole=3.1   measured speeds, by which --split auto decides
`,
  plan: `avio-streams plan job.json, or "-" for standard input: the plan of a job in pieces, as JSON.

  avio-streams plan job.json --work s3://scratch/pieces/ --store

  --work s3://scratch/pieces/   where the pieces are stored; by default as the job says
  --chunk 60                    seconds of each chunk
  --split auto|prefer|required  auto: if that is faster with --concurrency 20 pieces at a time, on all machines
  --encode-speed chunk=0.8      measured: a worker encodes 0.8 s of the video a second; whole=3.1: a single run 3.1 s
  --store    stores the plan below the work prefix, and prints its URL
  --steps    prints the words for "step", one a line; --count prints their number
  --strangers, --allow-host, --allow-address, --allow-file, --allow-bucket, --allow-prefix   as for "run"

Instead of the job, it takes a plan: a file, "-", or the URL of a stored one. Exit code 8: the job can't be split.
`,
  step: `avio-streams step PLAN WHAT: one step of a plan, on any machine. Prints its result as JSON.

  PLAN   a file, "-", or the URL that "plan --store" printed
  WHAT   the number of a chunk, from 0; the next numbers, or "audio" and "images", are the audio, and the
         thumbnails of a package; "join"; "remove"

  PLAN=$(avio-streams plan job.json --store)
  avio-streams plan "$PLAN" --steps | xargs -P 4 -n 1 avio-streams step "$PLAN" --quiet
  avio-streams step "$PLAN" join
  avio-streams step "$PLAN" remove

A step may run twice, late, or at the same time on two machines.

  --ffmpeg PATH   the ffmpeg to run
  --memory-budget 512MiB   most memory for all readers, writers and caches together
`,
  probe: `avio-streams probe INPUT: what an input consists of, as JSON on standard output.

  avio-streams probe s3://in/a.mov
  avio-streams probe https://media.example.com/a.mov
`,
  thumbnails: `avio-streams thumbnails INPUT s3://bucket/prefix/: thumbnail-00001.jpg …

  avio-streams thumbnails s3://in/a.mov s3://web/a/ --count 8 --width 320

  --count 8 | --every 10 | --times 1,2.5   which frames; one of the three
  --width 320  --height 180  --format jpeg|png|webp  --exact  --cache-control T  -y
`,
  storyboard: `avio-streams storyboard INPUT s3://bucket/prefix/: sheets of thumbnails, and storyboard.vtt, their index.

  avio-streams storyboard s3://in/a.mov s3://web/a/ --every 10

  --count 100 | --every 10 | --times 1,2.5   which frames; one of the three
  --columns 5  --rows 5  --width 160  --height 90  --format jpeg|png|webp  --exact  --cache-control T  -y
`,
  package: `avio-streams package INPUT s3://bucket/prefix/: HLS, and DASH with --mpd.

  avio-streams package s3://in/a.mov s3://web/talk/ --ladder 1080,720,360 --mpd manifest.mpd

  --ladder 1080,720,360   heights; those above the input's own are left out
  --codec h264|hevc|vp9|av1  --crf 23  --preset fast  --audio-kbps 128
  --mpd manifest.mpd  --playlist main.m3u8  --segment 6  --single-file  --images 10  -y
  --work s3://scratch/pieces/  --chunk 60  --split auto|prefer|required  --concurrency 4   in pieces
  --encode-speed chunk=0.8  --encode-speed whole=3.1   measured speeds, by which --split auto decides
`,
  clean: `avio-streams clean s3://bucket/prefix/: uploads that killed processes left; with --work, abandoned pieces.

  avio-streams clean s3://web/ --older-than 24h
  avio-streams clean --work s3://scratch/pieces/ --older-than 7d --delete

Lists them, and prints the lifecycle rule for the bucket that does the same. --delete removes them. Choose an age above
that of your longest job: what a running job has stored looks the same.
`,
  worker: `avio-streams worker --connection redis://host: runs jobs from a queue, until SIGTERM or Ctrl-C.

  avio-streams worker --connection redis://queue.example.com --concurrency 2

  --connection redis://host | rediss:// | valkey:// | postgres://host/database; also AVIO_CONNECTION
  --queue NAME      the name of the queue
  --concurrency 2   steps at a time; each is one ffmpeg
  --drain 20s       how long running steps may go on after the signal; then they go back to the queue
  --memory-budget 512MiB   most memory for all readers, writers and caches of all steps together
  --strangers, --allow-host, --allow-address, --allow-file, --allow-bucket, --allow-prefix   as for "run"

Needs the packages bullmq, and ioredis (Redis, Valkey) or pg (PostgreSQL).
`,
  add: `avio-streams add job.json, or "-" for standard input: adds a job to a queue, and prints its ID.

  avio-streams add job.json --connection redis://queue.example.com --priority 5

  --connection redis://host  --queue NAME  --priority 5  --attempts 3
  --work s3://scratch/pieces/  --chunk 60  --split auto|prefer|required   in pieces, over all workers
  --encode-speed chunk=0.8  --encode-speed whole=3.1   measured speeds, by which --split auto decides
`,
  batch: `avio-streams batch s3://bucket/prefix/ template.json: adds a job for each object to a queue.

  avio-streams batch s3://masters/2026/ template.json --connection redis://queue.example.com

The template is a job whose strings may contain {url}, {bucket}, {key}, {dir}, {file}, {name} and {ending} of the
object. "-" instead of the prefix reads addresses from standard input, one a line.

  --connection redis://host  --queue NAME  --priority 5  --attempts 3
`,
  status: `avio-streams status [ID] --connection redis://host: the state of a queue and its workers, or of one job.

  avio-streams status --connection redis://queue.example.com --queue NAME

  --retry   runs all failed jobs again, or the one with the ID
  --json    as JSON
`,
  cancel: `avio-streams cancel ID --connection redis://host: ends a job wherever it runs, and removes its pieces.

  avio-streams cancel 5f3c… --connection redis://queue.example.com --queue NAME
`,
  doctor: `avio-streams doctor [s3://bucket/prefix/]: whether ffmpeg and the store are as jobs need them,
and what to fix.

  avio-streams doctor s3://web/

With a bucket it stores 6 MiB in two parts under a random key, reads a part of that, and deletes it.
`,
}
