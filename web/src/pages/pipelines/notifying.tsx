/* Whom a pipeline tells what: all its notifications, or those of one stage or task. */
import { useState } from 'preact/hooks';
import type { Finding } from '../../api';
import { Empty, Menu } from '../../parts';
import { statusText, t } from '../../texts';
import { EVENTS, KINDS } from '../notifications/told';
import { type Entry, type PipelineDraft, type Place, withEntry } from './model/draft';
import { below } from './model/wrong';
import { EntryWindow } from './notifying_form';
import { textOf } from './parameters';

interface Props { draft: PipelineDraft; change: (next: PipelineDraft) => void; readOnly: boolean; findings: Finding[]; at?: Place /* only what is of it */ }

export interface Numbered { kind: string; index: number; entry: Entry }

const KIND_ORDER = ['email', 'webhook', 'jira'];
const isTable = (value: unknown): value is Entry => !!value && typeof value === 'object' && !Array.isArray(value);

function entriesOf(draft: PipelineDraft): Numbered[] {
    const kinds = Object.keys(draft.notifications ?? {});
    return [...KIND_ORDER.filter((kind) => kinds.includes(kind)), ...kinds.filter((kind) => !KIND_ORDER.includes(kind))]
        .flatMap((kind) => { const all = draft.notifications![kind]; return (Array.isArray(all) ? all : []).map((entry, index) => ({ kind, index, entry })).filter((one) => isTable(one.entry)); });
}

const entriesAt = (draft: PipelineDraft, at?: Place) => entriesOf(draft).filter(({ entry }) => !at || (textOf(entry.stage) === at.stage && textOf(entry.task) === (at.task ?? '')));

/* " (2)" behind the name of a tab; none: nothing. */
export function countOf(draft: PipelineDraft, at: Place): string {
    const n = entriesAt(draft, at).length;
    return n ? ` (${n})` : '';
}

const placeText = (entry: Entry): string => [textOf(entry.stage), textOf(entry.task)].filter(Boolean).join(' › ') || t('tellWhole');
const PRODUCTS: Record<string, string> = { slack: 'Slack', teams: 'Teams' };

/* A URL is often a secret: of one that stands here itself, the host is shown. */
const hostOf = (url: string): string => /^https?:\/\/([^/?#]+)/i.exec(url)?.[1]?.replace(/^.*@/, '') ?? url;

/* To whom: addresses, a host, a project of Jira's. */
function receiver({ kind, entry }: Numbered): string {
    if (kind === 'email') return [Array.isArray(entry.to) ? entry.to.map(textOf).join(', ') : textOf(entry.to), textOf(entry.endpoint)].filter(Boolean).join(' · ');
    if (kind === 'jira') return [[textOf(entry.project), textOf(entry.issuetype)].filter(Boolean).join(' '), textOf(entry.endpoint)].filter(Boolean).join(' · ');
    return [PRODUCTS[textOf(entry.type).toLowerCase()] ?? '', hostOf(textOf(entry.url))].filter(Boolean).join(' · ');
}

function Row({ of, readOnly, wrong, whole, edit, copy, remove }: { of: Numbered; readOnly: boolean; wrong: Finding[]; whole: boolean; edit: () => void; copy: () => void; remove: () => void }) {
    const event = textOf(of.entry.event).toUpperCase(), said = EVENTS[event] ? statusText(EVENTS[event]) : event || '–', kind = KINDS[of.kind];
    return (
        <li class="row"><div class="line telling-line">
            <span class="what"><strong>{kind ? t(kind) : of.kind}: {receiver(of) || t('notConfigured')}</strong>
                <small>{t('tellOn', { event: said })}{whole ? ` · ${placeText(of.entry)}` : ''}</small>
                {wrong.map((f, i) => <em key={i} class="wrong-text">{f.message}</em>)}</span>
            <span class="actions"><button type="button" onClick={edit}>{t(readOnly ? 'tellShow' : 'edit')}</button>
                {!readOnly && <Menu label={`${t('moreActions')}: ${kind ? t(kind) : of.kind} ${of.index + 1}`} items={[{ text: t('clone'), act: copy }, { text: t('remove'), bad: true, act: remove }]} />}</span>
        </div></li>
    );
}

export function Told({ draft, change, readOnly, findings, at }: Props) {
    const [open, setOpen] = useState<Numbered | null>(null);
    const all = entriesAt(draft, at);
    const begin = (): Numbered => ({ kind: 'email', index: draft.notifications?.email?.length ?? 0, entry: { event: 'FAILURE', ...at } });
    const general = below(findings, '/notifications').filter((f) => !/^\/notifications\/[^/]+\/\d+/.test(f.pointer));
    const add = !readOnly && <button type="button" class={all.length ? '' : 'primary'} onClick={() => setOpen(begin())}>+ {t('addTelling')}</button>;
    return (
        <div class="stack">
            {!at && <p class="faint">{t('tellingHint')}</p>}
            {general.map((f, i) => <p key={i} class="notice">{f.message}</p>)}
            {!all.length && <Empty title={t('noTelling')} hint={t(at ? 'noTellingHere' : 'noTellingHint')}>{add}</Empty>}
            {all.length > 0 && <ul class="rows telling">{all.map((one) => <Row key={`${one.kind} ${one.index}`} of={one} readOnly={readOnly} whole={!at} wrong={below(findings, `/notifications/${one.kind}/${one.index}`)}
                edit={() => setOpen(one)} copy={() => change(withEntry(draft, one.kind, draft.notifications![one.kind]!.length, { ...one.entry }))} remove={() => change(withEntry(draft, one.kind, one.index, undefined))} />)}</ul>}
            {all.length > 0 && add && <p>{add}</p>}
            {open && <EntryWindow draft={draft} of={open} isNew={open.entry !== draft.notifications?.[open.kind]?.[open.index]} readOnly={readOnly} findings={findings} close={() => setOpen(null)} change={change} />}
        </div>
    );
}
