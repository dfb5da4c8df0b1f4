/* The head of one pipeline: what it is called, how it stands, and what can be done with it. */
import { useEffect, useState } from 'preact/hooks';
import { P, call, isAdministrator, may } from '../../api';
import { Choice, Confirm, Dialog, Field, Head, Loading, Menu, Text, Toggle, Trouble, useAction } from '../../parts';
import { mayDevelopIn } from '../../projects';
import { go } from '../../router';
import { t } from '../../texts';
import { checkDraft, download } from './definition';
import type { Editing } from './editing';
import { CloneWindow } from './making';
import type { PipelineDraft } from './model/draft';
import { textOf } from './parameters';
import { RunWindow } from './running';
import { useEditor } from './yaml';
import { type Window, WindowRows } from '../../windows';

export function Header({ editing }: { editing: Editing }) {
    const { draft, saved, dirty, busy, readOnly, open } = editing;
    const { problem, run } = useAction();
    const canRun = saved && may('execute', draft.project);
    return (
        <>
            <Head title={<>{draft.name || t('newPipeline')} {saved && <span class="of-project">{draft.project}</span>}{dirty && saved && <span class="unsaved">{t('unsaved')}</span>}</>}>
                <Toggle on={!!draft.enabled} disabled={readOnly || busy} label={t(draft.enabled ? 'enabled' : 'disabled')} set={editing.setEnabled} />
                {canRun && <button type="button" disabled={!saved.enabled} title={saved.enabled ? '' : t('mustEnable')} onClick={() => open('run')}>{t('run')}</button>}
                <button type="button" disabled={busy} onClick={editing.validate}>{t('validate')}</button>
                {dirty && saved && <button type="button" onClick={() => open('changes')}>{t('changes')}</button>}
                {!readOnly && <button type="button" class="primary" disabled={busy || !dirty} aria-keyshortcuts="Control+S" onClick={editing.save}>{busy ? t('saving') : t('save')}</button>}
                {saved && <Menu label={t('moreActions')} items={[!readOnly && { text: t('clone'), act: () => open('clone') }, { text: t('exportYaml'), act: () => run(() => download(saved)) },
                    !readOnly && { text: t('remove'), bad: true, act: () => open('delete') }]} />}
            </Head>
            <Trouble problem={problem} />
        </>
    );
}

const tagsOf = (text: string) => text.split(',').map((tag) => tag.trim()).filter(Boolean);

/* Name, project and the rest that is no stage. A new pipeline shows it; of a saved one it is a line to open. */
export function General({ editing: { draft, change, readOnly, saved } }: { editing: Editing }) {
    const [tags, setTags] = useState<string | null>(null);
    const set = (some: Partial<PipelineDraft>) => change({ ...draft, ...some });
    const places = [...new Set([draft.project, ...mayDevelopIn()])].filter(Boolean);
    const known = Array.isArray(draft.tags) ? draft.tags.map(textOf).join(', ') : '';
    const summary = [textOf(draft.description), `${t('concurrency')}: ${textOf(draft.concurrency ?? 10)}`, known].filter(Boolean).join(' · ');
    return (
        <details class="general" open={!saved}>
            <summary><strong>{t('general')}</strong> <span class="faint">{saved ? summary : ''}</span></summary>
            <div class="panel">
                <div class="pair">
                    <Field label={t('name')}><Text required value={draft.name} readOnly={readOnly} maxLength={255} set={(name) => set({ name })} /></Field>
                    <Field label={t('project')}><Choice value={draft.project} disabled={!!saved || readOnly} set={(project) => set({ project })} options={places.map((n) => [n, n])} /></Field>
                </div>
                <Field label={t('description')}><Text value={textOf(draft.description)} readOnly={readOnly} set={(description) => set({ description })} /></Field>
                <div class="pair">
                    <Field label={t('concurrency')} hint={t('concurrencyHint')}><Text type="number" min={1} max={50} readOnly={readOnly} value={textOf(draft.concurrency ?? 10)} set={(v) => set({ concurrency: Number(v) })} /></Field>
                    <Field label={t('policy')}><Choice disabled={readOnly} value={textOf(draft.concurrencyPolicy ?? 'queue')} set={(v) => set({ concurrencyPolicy: v === 'queue' ? undefined : v })} options={[['queue', t('policyQueue')], ['newest', t('policyNewest')], ['refuse', t('policyRefuse')]]} /></Field>
                    <Field label={t('tagsField')}><Text value={tags ?? known} readOnly={readOnly} set={(text) => { setTags(text); set({ tags: tagsOf(text) }); }} onBlur={() => setTags(null)} /></Field>
                </div>
                <Field label={t('onFailed')} hint={t('onFailedHint')}><Choice disabled={readOnly} value={textOf(draft.onFailedVerification ?? '')} set={(v) => set({ onFailedVerification: v || undefined })}
                    options={[['', t('onFailedNothing')], ['restoreAndHold', t('onFailedBoth')], ['restore', t('onFailedRestore')], ['hold', t('onFailedHold')]]} /></Field>
                {(isAdministrator() || draft.global === true) && <div class="stack-small"><label class="check"><input type="checkbox" disabled={readOnly || !isAdministrator()} checked={draft.global === true} onChange={(e) => set({ global: e.currentTarget.checked })} /><span>{t('globalPipeline')}</span></label>
                    <small>{t('globalPipelineHint')}</small></div>}
                <fieldset><legend>{t('changeWindows')}</legend><p class="faint">{t('pipelineWindowsHint')}</p>
                    <WindowRows readOnly={readOnly} of={Array.isArray(draft.windows) ? draft.windows as Window[] : []} set={(windows) => set({ windows: windows.length ? windows : undefined })} /></fieldset>
            </div>
        </details>
    );
}

// ---- windows

/* Both as the server would write them, so that only what differs is shown. */
function ChangesWindow({ before, after, title, close, save }: { before: PipelineDraft; after: PipelineDraft; title: string; close: () => void; save?: () => void }) {
    const [texts, setTexts] = useState<[string, string] | null>(null);
    const { module, problem: notLoaded } = useEditor();
    const { problem, run } = useAction();
    useEffect(() => run(async () => {
        const [a, b] = await Promise.all([checkDraft(before), checkDraft(after)]);
        setTexts([a.yaml, b.yaml]);
    }), []);
    return (
        <Dialog title={title} close={close} wide>
            <Trouble problem={problem ?? notLoaded} />
            {!problem && (!texts || !module) && <Loading />}
            {texts && module && (texts[0] === texts[1] ? <p class="faint">{t('noChanges')}</p> : <module.Diff before={texts[0]} after={texts[1]} label={title} />)}
            <footer><button type="button" onClick={close}>{t('close')}</button>{save && <button type="button" class="primary" onClick={() => { close(); save(); }}>{t('save')}</button>}</footer>
        </Dialog>
    );
}

export function Windows({ editing }: { editing: Editing }) {
    const { window, open, saved, draft, dirty, newer } = editing;
    const close = () => open(null);
    const name = draft.name || t('newPipeline');
    if (window === 'leave') return <Confirm title={t('leaveAsk')} hint={t('leaveHint', { name })} word={t('leave')} close={close} act={async () => editing.leave()} />;
    if (!saved) return null;
    switch (window) {
    case 'run': return <RunWindow of={saved} close={close} unsaved={dirty} />;
    case 'clone': return <CloneWindow of={saved} close={close} />;
    case 'delete': return <Confirm title={t('deleteAsk', { name: saved.name })} hint={t('deletePipelineHint')} word={t('remove')} close={close}
        act={async () => { await call('DELETE', `${P}/pipelines/${saved.id}`); editing.change(saved); setTimeout(() => go('/pipelines')); }} />;
    case 'changes': return <ChangesWindow before={saved} after={draft} title={t('changesOf', { name })} close={close} {...(editing.readOnly ? {} : { save: editing.save })} />;
    case 'theirs': return newer && <ChangesWindow before={newer} after={draft} title={t('seeTheirs')} close={close} />;
    default: return null;
    }
}
