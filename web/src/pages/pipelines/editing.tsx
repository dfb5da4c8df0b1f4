/* The draft of a pipeline and everything that happens to it: saved, checked, overtaken by somebody else, left behind. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Finding, P, Problem, call, may } from '../../api';
import { go, guardLeaving } from '../../router';
import { t, timeText } from '../../texts';
import { type Saved, checkDraft, same, save } from './definition';
import type { PipelineDraft } from './model/draft';

export type WindowKind = 'run' | 'clone' | 'delete' | 'changes' | 'theirs' | 'leave';

export interface Editing {
    draft: PipelineDraft; change: (next: PipelineDraft) => void; saved: Saved | null; readOnly: boolean; dirty: boolean; busy: boolean;
    problem: Problem | null; said: string; findings: Finding[] | null; setFindings: (findings: Finding[] | null) => void;
    stay: (why: string) => void; stayed: string; leaveTab: (then: () => void) => void; /* a tab that is not right yet is not left */
    line: { line: number; column: number; asked: number } | undefined; goTo: (line: number, column: number) => void;
    save: () => void; validate: () => void; setEnabled: (on: boolean) => void;
    window: WindowKind | null; open: (window: WindowKind | null) => void; leaveTo: string; leave: () => void; newer: Saved | null; theirs: { notice: JSX.Element | null };
}

/* Asks before the page is left with what is not saved: by a link, by the browser's own buttons, by closing it. */
function useGuard(dirty: boolean, ask: (to: string) => void): { off: () => void } {
    const on = useRef(dirty);
    on.current = dirty;
    useEffect(() => {
        guardLeaving((to) => { if (on.current) ask(to); return on.current; });
        const before = (e: BeforeUnloadEvent) => { if (on.current) e.preventDefault(); };
        addEventListener('beforeunload', before);
        return () => { guardLeaving(null); removeEventListener('beforeunload', before); };
    }, []);
    return { off: () => { on.current = false; } };
}

function useKeys(act: () => void): void {
    const latest = useRef(act);
    latest.current = act;
    useEffect(() => {
        const key = (e: KeyboardEvent) => {
            if (e.key.toLowerCase() !== 's' || !(e.ctrlKey || e.metaKey) || e.altKey || e.shiftKey) return;
            e.preventDefault();
            latest.current();
        };
        addEventListener('keydown', key);
        return () => removeEventListener('keydown', key);
    }, []);
}

/* What was saved elsewhere while somebody edits here; it takes nothing away by itself. */
function useNewer(loaded: Saved | null, base: Saved | null, dirty: boolean, busy: boolean, take: (theirs: Saved) => void): [Saved | null, () => void] {
    const [ignored, ignore] = useState('');
    const newer = loaded && base && Number(loaded.version) > Number(base.version) ? loaded : null;
    useEffect(() => { if (newer && !dirty && !busy) take(newer); }, [newer?.version, dirty, busy]);
    return [newer && dirty && !busy && ignored !== newer.version ? newer : null, () => ignore(newer?.version ?? '')];
}

const asProblem = (error: unknown) => (error instanceof Problem ? error : new Problem(0, String(error)));

/* A pipeline saved for the first time gets an address, and so a page of its own: what was to be said is said there. */
let handed: { said: string; findings: Finding[] | null } | null = null;
function handedOver(): NonNullable<typeof handed> {
    const given = handed ?? { said: '', findings: null };
    handed = null;
    return given;
}

export function useEditing(loaded: Saved | null, gone: boolean, begin: () => PipelineDraft): Editing {
    const [base, setBase] = useState<Saved | null>(loaded);
    const [start] = useState<PipelineDraft>(() => loaded ?? begin());
    const [draft, setDraft] = useState<PipelineDraft>(start);
    const [given] = useState(handedOver);
    const [busy, setBusy] = useState(false), [problem, fail] = useState<Problem | null>(null), [said, say] = useState(given.said);
    const [findings, setFindings] = useState<Finding[] | null>(given.findings), [stayed, setStayed] = useState('');
    const [line, setLine] = useState<Editing['line']>(), [window, open] = useState<WindowKind | null>(null), [leaveTo, setLeaveTo] = useState('');
    const why = useRef('');
    const dirty = !same(draft, base ?? start) || (!base && draft.name !== '');
    const guard = useGuard(dirty, (to) => { setLeaveTo(to); open('leave'); });
    const take = (theirs: Saved) => { setBase(theirs); setDraft(theirs); };
    const [newer, ignore] = useNewer(loaded, base, dirty, busy, take);

    const check = async (of: PipelineDraft, enabling: boolean) => setFindings((await checkDraft(of, enabling)).problems);
    const act = (what: () => Promise<void>) => {
        if (busy || why.current) { setStayed(why.current); return; }
        setBusy(true);
        fail(null);
        say('');
        setStayed('');
        what().catch((error: unknown) => fail(asProblem(error))).finally(() => setBusy(false));
    };
    /* A refusal names places in the definition; asked again as text, they have lines too. */
    const refused = async (error: unknown, of: PipelineDraft) => {
        const told = asProblem(error);
        if (told.findings.length) await check(of, !!of.enabled).catch(() => undefined);
        throw told.findings.length ? new Problem(told.status, told.message.split('\n')[0]!, told.field) : told;
    };
    const saveNow = () => act(async () => {
        if (!draft.name.trim()) throw new Problem(0, t('nameFirst'));
        const { id: _id, ...fresh } = draft;
        const made = await save(gone ? fresh as PipelineDraft : draft).catch((error) => refused(error, draft));
        const found = made._warnings?.length ? (await checkDraft(made)).problems : null;
        setFindings(found);
        say(t('savedState'));
        take(made);
        guard.off();
        if (base && !gone) return;
        handed = { said: t('savedState'), findings: found };
        go(`/pipelines/${made.id}${location.search.replace(/([?&])from=[^&]*&?/, '$1').replace(/[?&]$/, '')}`, true);
    });
    const setEnabled = (enabled: boolean) => {
        if (!base || dirty) setDraft({ ...draft, enabled });
        else act(async () => take(await call<Saved>('PATCH', `${P}/pipelines/${base.id}`, { enabled }).catch((error) => refused(error, { ...draft, enabled }))));
    };
    const leaveTab = (then: () => void) => { setStayed(why.current); if (!why.current) then(); };
    useKeys(() => { if (dirty) saveNow(); });
    useEffect(() => { if (said) { const timer = setTimeout(() => say(''), 4000); return () => clearTimeout(timer); } return undefined; }, [said]);

    const notice = gone ? <p class="notice" role="status">{t('goneMeanwhile')}</p> : newer && (
        <div class="notice actions" role="status"><span>{t('newerSaved', { who: newer.updatedBy, time: timeText(newer._updateTimeInMicros) })}</span>
            <button type="button" onClick={() => open('theirs')}>{t('seeTheirs')}</button><button type="button" onClick={() => take(newer)}>{t('takeTheirs')}</button>
            <button type="button" onClick={ignore}>{t('keepMine')}</button></div>);
    return {
        draft, change: (next) => { setDraft(next); setStayed(''); }, saved: base, readOnly: !may('develop', draft.project), dirty, busy, problem, said, findings, setFindings,
        stay: (reason) => { why.current = reason; if (!reason) setStayed(''); }, stayed, leaveTab, line, goTo: (at, column) => setLine({ line: at, column, asked: (line?.asked ?? 0) + 1 }),
        save: saveNow, validate: () => act(() => check(draft, true)), setEnabled, window, open, leaveTo, leave: () => { guard.off(); go(leaveTo); }, newer, theirs: { notice },
    };
}
