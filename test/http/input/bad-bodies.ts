// Wrong bodies for POST /route and POST /jobs, each with the fault a caller must be told of.

/** What is wrong, the body (an object is laid over a sound clip, a string is sent as it is), pointer and message. */
type BadBody = [name: string, body: object | string, pointer: string, message?: RegExp];

const image = (url: unknown) => ({ type: 'image_url', image_url: { url } });
const frame = (frame_type: unknown, url: unknown = 'https://x.test/a.png') => ({ ...image(url), frame_type });
const withReference = (reference: unknown) => ({ input_references: [reference] });
const withOptions = (options: unknown) => ({ provider: { options } });
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

const TYPES: readonly BadBody[] = [
  ['prompt a number', { prompt: 7 }, '/prompt', /must be a string, not a number/],
  ['prompt null', { prompt: null }, '/prompt', /must be a string, not null/],
  ['duration a string', { duration: '5' }, '/duration', /must be a whole number, not a string/],
  ['duration a fraction', { duration: 5.5 }, '/duration', /must be a whole number, not 5\.5/],
  ['duration true', { duration: true }, '/duration', /must be a whole number, not a boolean/],
  ['duration zero', { duration: 0 }, '/duration', /at least 1/],
  ['duration negative', { duration: -4 }, '/duration', /at least 1/],
  ['duration of hours', { duration: 3601 }, '/duration', /at most 3600/],
  ['duration infinite', '{"prompt":"x","duration":1e999}', '/duration', /beyond 2\^53 - 1/],
  ['resolution a number', { resolution: 720 }, '/resolution', /must be a string/],
  ['resolution in words', { resolution: 'very high' }, '/resolution', /such as 720p/],
  ['resolution with a line break', { resolution: '720p\n' }, '/resolution', /such as 720p/],
  ['aspect_ratio with x', { aspect_ratio: '16x9' }, '/aspect_ratio', /such as 16:9/],
  ['aspect_ratio of nothing', { aspect_ratio: '0:9' }, '/aspect_ratio', /such as 16:9/],
  ['aspect_ratio an array', { aspect_ratio: ['16:9'] }, '/aspect_ratio', /must be a string, not an array/],
  ['size with *', { size: '1280*720' }, '/size', /such as 1280x720/],
  ['size of six digits', { size: '128000x720' }, '/size', /such as 1280x720/],
  ['size an object', { size: { w: 1 } }, '/size', /must be a string, not an object/],
  [
    'generate_audio a string',
    { generate_audio: 'true' },
    '/generate_audio',
    /must be a boolean, not a string/,
  ],
  ['generate_audio a number', { generate_audio: 1 }, '/generate_audio', /must be a boolean, not a number/],
  ['seed a string', { seed: '42' }, '/seed', /must be a whole number/],
  ['seed rounded', '{"prompt":"x","seed":9007199254740993}', '/seed', /beyond 2\^53 - 1/],
  ['seed a fraction', { seed: 0.5 }, '/seed', /must be a whole number, not 0\.5/],
  [
    'previous_job_id with a path',
    { previous_job_id: '../../credits' },
    '/previous_job_id',
    /id of an earlier/,
  ],
  ['session_id too long', { session_id: 'x'.repeat(257) }, '/session_id', /at most 256 characters/],
  ['user empty', { user: '' }, '/user', /at least 1 character$/],
  ['trace a string', { trace: 'abc' }, '/trace', /must be an object, not a string/],
  ['trace an array', { trace: [] }, '/trace', /must be an object, not an array/],
  ['upscale_factor a string', { upscale_factor: '2' }, '/upscale_factor', /must be a number/],
  ['upscale_factor zero', { upscale_factor: 0 }, '/upscale_factor', /more than 0/],
  ['creativity out of range', { creativity: 11 }, '/creativity', /at most 10/],
  ['provider a string', { provider: 'google' }, '/provider', /must be an object/],
  ['provider options an array', withOptions([]), '/provider/options', /must be an object/],
  ['provider slug no slug', withOptions({ 'a b': {} }), '/provider/options/a b', /provider slug/],
  ['provider slug with a slash', withOptions({ '/~x': {} }), '/provider/options/~1~0x', /provider slug/],
  ['options of a provider a string', withOptions({ google: 'x' }), '/provider/options/google', /an object/],
];

const MEDIA: readonly BadBody[] = [
  ['frames an object', { frame_images: {} }, '/frame_images', /must be an array, not an object/],
  ['no frames', { frame_images: [] }, '/frame_images', /at least 1 entry/],
  [
    'three frames',
    { frame_images: Array(3).fill(frame('first_frame')) },
    '/frame_images',
    /at most 2 entries/,
  ],
  [
    'two first frames',
    { frame_images: Array(2).fill(frame('first_frame')) },
    '/frame_images/1/frame_type',
    /duplicate first_frame/,
  ],
  [
    'frame without a place',
    { frame_images: [image('https://x.test/a')] },
    '/frame_images/0/frame_type',
    /required/,
  ],
  [
    'frame in the middle',
    { frame_images: [frame('middle')] },
    '/frame_images/0/frame_type',
    /"first_frame" or/,
  ],
  [
    'frame over http:',
    { frame_images: [frame('first_frame', 'http://x.test/a.png')] },
    '/frame_images/0/image_url/url',
    /https:/,
  ],
  [
    'frame from a file',
    { frame_images: [frame('first_frame', 'file:///etc/passwd')] },
    '/frame_images/0/image_url/url',
  ],
  [
    'frame a video as data:',
    { frame_images: [frame('first_frame', 'data:video/mp4;base64,AA==')] },
    '/frame_images/0/image_url/url',
  ],
  [
    'frame without a URL',
    { frame_images: [{ type: 'image_url', image_url: {}, frame_type: 'first_frame' }] },
    '/frame_images/0/image_url/url',
    /required/,
  ],
  [
    'frame a bare URL',
    { frame_images: [{ ...frame('first_frame'), image_url: 'https://x.test/a' }] },
    '/frame_images/0/image_url',
    /an object/,
  ],
  ['reference a bare URL', withReference('https://x.test/a.png'), '/input_references/0', /must be an object/],
  [
    'reference of no type',
    withReference({ image_url: { url: 'https://x.test/a' } }),
    '/input_references/0/type',
    /required/,
  ],
  [
    'reference of another type',
    withReference({ type: 'text', text: 'x' }),
    '/input_references/0/type',
    /"image_url" or "audio_url" or "video_url"/,
  ],
  [
    'reference type and field differ',
    withReference({ type: 'audio_url', image_url: { url: 'https://x.test/a' } }),
    '/input_references/0/audio_url',
    /required/,
  ],
  [
    'video as data:',
    withReference({ type: 'video_url', video_url: { url: 'data:video/mp4;base64,AAAA' } }),
    '/input_references/0/video_url/url',
    /cannot be data:/,
  ],
  [
    'audio over http:',
    withReference({ type: 'audio_url', audio_url: { url: 'http://x.test/a.mp3' } }),
    '/input_references/0/audio_url/url',
    /https:/,
  ],
  ['https: and nothing', withReference(image('https://')), '/input_references/0/image_url/url'],
  [
    'a URL of 9 kB',
    withReference(image(`https://x.test/${'a'.repeat(9000)}`)),
    '/input_references/0/image_url/url',
  ],
  [
    'data: without content',
    withReference(image('data:image/png;base64,')),
    '/input_references/0/image_url/url',
    /has no content/,
  ],
  [
    'data: without a comma',
    withReference(image('data:image/png;base64')),
    '/input_references/0/image_url/url',
  ],
  ['data: of no kind', withReference(image('data:image/,x')), '/input_references/0/image_url/url'],
  ['URL a number', withReference(image(1)), '/input_references/0/image_url/url', /must be a string/],
  [
    '51 references',
    { input_references: Array(51).fill(image('https://x.test/a')) },
    '/input_references',
    /at most 50/,
  ],
];

const UNKNOWN: readonly BadBody[] = [
  ['a typo', { durration: 5 }, '/durration', /is an unknown field/],
  ['a field of another API', { n: 2 }, '/n'],
  ['in provider', { provider: { order: ['google'] } }, '/provider/order'],
  ['in a frame', { frame_images: [{ ...frame('first_frame'), weight: 1 }] }, '/frame_images/0/weight'],
  [
    'in a reference',
    withReference({ ...image('https://x.test/a'), role: 'style' }),
    '/input_references/0/role',
  ],
  [
    'in image_url',
    withReference({ type: 'image_url', image_url: { url: 'https://x.test/a', detail: 'high' } }),
    '/input_references/0/image_url/detail',
  ],
  ['constructor', '{"prompt":"x","constructor":{"prototype":{"a":1}}}', '/constructor'],
  ['toString', { toString: 1 }, '/toString'],
  ['__proto__', '{"prompt":"x","__proto__":{"duration":5}}', '/__proto__', /forbidden name/],
  ['__proto__ in trace', '{"prompt":"x","trace":{"a":[{"__proto__":1}]}}', '/trace/a/0/__proto__'],
  ['__proto__ by escapes', '{"prompt":"x","trace":{"\\u005f_proto__":1}}', '/trace/__proto__'],
  ['a callback that is not https', { callback_url: 'http://x.test/hook' }, '/callback_url'],
];

const TEXT: readonly BadBody[] = [
  ['NUL in the prompt', { prompt: 'a\0b' }, '/prompt', /NUL/],
  ['half a pair in the prompt', '{"prompt":"a\\ud800b"}', '/prompt', /surrogate/],
  ['the other half', '{"prompt":"\\udc00"}', '/prompt', /surrogate/],
  ['NUL in a name', { trace: { 'a\0': 1 } }, '/trace', /name contains a NUL/],
  ['half a pair in a name', '{"prompt":"x","trace":{"b":{"\\ud800":1}}}', '/trace/b', /name contains half/],
  [
    'NUL in provider options',
    withOptions({ google: { parameters: { p: ['\0'] } } }),
    '/provider/options/google/parameters/p/0',
  ],
  ['half a pair in a user', '{"prompt":"x","user":"\\ud83d"}', '/user', /surrogate/],
  ['NUL in a URL', withReference(image('https://x.test/\0')), '/input_references/0/image_url/url', /NUL/],
  [
    'a rounded number in trace',
    '{"prompt":"x","trace":{"id":12345678901234567890}}',
    '/trace/id',
    /beyond 2\^53 - 1/,
  ],
  ['9,000 levels', `{"prompt":"x","trace":{"a":${nested(9_000)}}}`, `/trace/a${'/0'.repeat(30)}`, /nested/],
  [
    '33 levels',
    `{"prompt":"x","trace":{"a":${nested(32)}}}`,
    `/trace/a${'/0'.repeat(30)}`,
    /more than 32 levels/,
  ],
  ['a million commas', `{"prompt":"x","frame_images":[${'0,'.repeat(1e6)}0]}`, '', /more than 10000 values/],
];

const CONTRADICTIONS: readonly BadBody[] = [
  ['nothing to show', { prompt: undefined, duration: 4 }, '/prompt', /required if no image/],
  ['only blanks to show', { prompt: ' \n\t' }, '/prompt', /required if no image/],
  ['size and resolution', { size: '1280x720', resolution: '1080p' }, '/size', /does not match 1080p/],
  ['size and ratio', { size: '1280x720', aspect_ratio: '9:16' }, '/size', /does not match 9:16/],
];

const ROUTING: readonly BadBody[] = [
  ['priority unknown', { priority: 'cheap' }, '/priority', /fast_and_cheap/],
  ['priority a number', { priority: 1 }, '/priority', /fast_and_cheap/],
  ['weights incomplete', { priority: { speed: 1, cost: 1 } }, '/priority/quality', /required/],
  ['weights negative', { priority: { speed: -1, cost: 1, quality: 1 } }, '/priority/speed', /at least 0/],
  ['weights of nothing', { priority: { speed: 0, cost: 0, quality: 0 } }, '/priority', /above 0/],
  ['a fourth weight', { priority: { speed: 1, cost: 1, quality: 1, luck: 1 } }, '/priority/luck'],
  ['scoring unknown', { scoring: 'magic' }, '/scoring', /must be "/],
  ['max_cost_usd a string', { max_cost_usd: '1' }, '/max_cost_usd', /must be a number, not a string/],
  ['max_cost_usd zero', { max_cost_usd: 0 }, '/max_cost_usd', /more than 0/],
  ['max_wait_s beyond a day', { max_wait_s: 86_401 }, '/max_wait_s', /at most 86400/],
  ['models a list', { models: ['a/b'] }, '/models', /must be an object, not an array/],
  ['allow nothing', { models: { allow: [] } }, '/models/allow', /at least 1 entry/],
  ['allow no id', { models: { allow: ['veo'] } }, '/models/allow/0', /author\/\*/],
  ['deny a pattern', { models: { deny: ['*/fast'] } }, '/models/deny/0', /author\/\*/],
  ['allow another folder', { models: { allow: ['../veo'] } }, '/models/allow/0', /author\/\*/],
  ['deny another folder', { models: { deny: ['../*', 'a/..'] } }, '/models/deny/0', /author\/\*/],
  ['models unknown', { models: { prefer: ['a/b'] } }, '/models/prefer'],
  ['passthrough unknown', { passthrough: 'maybe' }, '/passthrough', /"require" or "when_supported"/],
  ['the whole an array', '[]', '', /must be an object, not an array/],
  ['the whole a string', '"a boat"', '', /must be an object, not a string/],
  ['the whole a number', '1', '', /must be an object, not a number/],
];

export const BAD_BODIES: readonly BadBody[] = [
  ...TYPES,
  ...MEDIA,
  ...UNKNOWN,
  ...TEXT,
  ...CONTRADICTIONS,
  ...ROUTING,
];
