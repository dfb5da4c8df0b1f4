/* What the server found, at the places that forms have. Pure. */
import type { Finding } from '../../../api';
import type { PipelineDraft, Place } from './draft';

const step = (name: string) => `/${name.replace(/~/g, '~0').replace(/\//g, '~1')}`;
export const pointerOf = (at: Place): string => `/stages${step(at.stage)}${at.task === undefined ? '' : `/tasks${step(at.task)}`}`;

/* Of a field, and of all below it: its parts have no place of their own. */
export const below = (findings: Finding[], pointer: string): Finding[] => findings.filter((f) => f.pointer === pointer || f.pointer.startsWith(`${pointer}/`));
export const wrongAt = (findings: Finding[], pointer: string): string => below(findings, pointer).map((f) => f.message).join('\n');

function valueAt(of: unknown, pointer: string): unknown {
    return pointer.split('/').slice(1).map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~')).reduce<unknown>((value, key) => (value && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined), of);
}

/* Those whose place is as it was when they were found: of what was changed since, nothing is known. */
export const stillSo = (findings: Finding[], found: PipelineDraft, now: PipelineDraft): Finding[] => (found === now ? findings
    : findings.filter((f) => JSON.stringify(valueAt(found, f.pointer)) === JSON.stringify(valueAt(now, f.pointer))));
