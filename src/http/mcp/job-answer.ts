// A job as a tool answers it: as the API shows it, with links to its clips.

import type { Job } from '../../core/job/job.ts';
import type { ContentLinks } from '../../service/clips/content-links.ts';
import type { Jobs } from '../../service/jobs/jobs.ts';
import { renderJob } from '../api/render.ts';
import type { ToolAnswer, ToolCall } from './tool.ts';

export interface JobAnswerParts {
  readonly jobs: Pick<Jobs, 'recordOf'>;
  readonly links: Pick<ContentLinks, 'isDefault' | 'sign'>;
}

/** @param wantsSigned whether links that need no key are asked for; where CONTENT_LINKS=signed all are. */
export async function showJob(
  { jobs, links }: JobAnswerParts,
  job: Job,
  { baseUrl }: Pick<ToolCall, 'baseUrl'>,
  wantsSigned = false,
): Promise<ToolAnswer> {
  const isSigned = wantsSigned || links.isDefault;
  const structured = renderJob(await jobs.recordOf(job), isSigned ? links.sign : undefined);
  return {
    structured,
    links: structured.outputs.map(({ index, url, content_type: mimeType, bytes }) => ({
      type: 'resource_link',
      uri: `${baseUrl}${url}`,
      name: `${job.id}-${index}.mp4`,
      mimeType,
      description: isSigned
        ? 'The clip. The link needs no key until it expires.'
        : 'The clip. Send the key of this gateway with the request, or ask for signed links.',
      ...(bytes === null ? {} : { size: bytes }),
    })),
  };
}
