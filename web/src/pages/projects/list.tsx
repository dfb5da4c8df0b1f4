/* Projects: what belongs together, and who may see it. */
import './projects.css';
import { useState } from 'preact/hooks';
import { P, call, isAdministrator, may } from '../../api';
import { shownText, useList } from '../../listing';
import type { Project } from '../../model';
import { Confirm, Dialog, Empty, Field, Head, Loading, Menu, Text, Trouble, useAction } from '../../parts';
import { go, query, setQuery } from '../../router';
import { t } from '../../texts';

export function ProjectForm({ old, close }: { old: Project | null; close: () => void }) {
    const [d, setDraft] = useState({ name: old?.name ?? '', description: old?.description ?? '' });
    const set = (some: Partial<typeof d>) => setDraft((before) => ({ ...before, ...some }));
    const { busy, problem, run } = useAction();
    const save = () => run(async () => {
        const made = await call<Project>(old ? 'PATCH' : 'POST', `${P}/projects${old ? `/${old.id}` : ''}`, { ...d, name: d.name.trim() });
        close();
        if (!old || made.name !== old.name) go(`/projects/${encodeURIComponent(made.name)}`);
    });
    return (
        <Dialog title={old ? old.name : t('newProject')} close={close}>
            <form onSubmit={(e) => { e.preventDefault(); save(); }}>
                <Field label={t('name')} hint={old ? t('renameProjectHint') : undefined} wrong={problem?.field === 'name' ? problem.message : ''}><Text required autoFocus value={d.name} maxLength={255} set={(name) => set({ name })} /></Field>
                <Field label={t('description')}><Text value={d.description} set={(description) => set({ description })} /></Field>
                {problem?.field !== 'name' && <Trouble problem={problem} />}
                <footer><button type="button" onClick={close}>{t('cancel')}</button><button class="primary" disabled={busy}>{t(busy ? 'saving' : 'save')}</button></footer>
            </form>
        </Dialog>
    );
}

/* What is there under a project's name. */
export const CONTENTS = [['/pipelines', 'pipelines'], ['/executions', 'executions'], ['/endpoints', 'endpoints'], ['/variables', 'variables']] as const;

export function DeleteProject({ of, close }: { of: Project; close: () => void }) {
    return <Confirm title={t('deleteAsk', { name: of.name })} hint={t('deleteProjectHint')} word={t('remove')} close={close} act={async () => { await call('DELETE', `${P}/projects/${of.id}`); go('/projects'); }} />;
}

function Row({ of, edit, remove }: { of: Project; edit: () => void; remove: () => void }) {
    return (
        <li class="row"><div class="line project-line">
            <span class="what"><strong><a class="opening" href={`/projects/${encodeURIComponent(of.name)}`}>{of.name}</a></strong><small>{of.description}</small></span>
            <span class="project-links">{CONTENTS.map(([path, text]) => <a key={path} href={`${path}?project=${encodeURIComponent(of.name)}`}>{t(text)}</a>)}</span>
            <span class="ends"><Menu label={`${t('moreActions')}: ${of.name}`} items={[may('manage', of.name) && { text: t('edit'), act: edit }, isAdministrator() && { text: t('remove'), act: remove, bad: true }]} /></span>
        </div></li>
    );
}

export default function Projects() {
    const search = query().get('search') ?? '';
    const { data, problem, reload, more } = useList<Project>('/projects', { $orderby: 'name asc', search }, ['projects']);
    const [edited, edit] = useState<Project | 'new' | null>(null), [gone, remove] = useState<Project | null>(null);
    return (
        <>
            <Head title={t('projects')}>{isAdministrator() && <button type="button" class="primary" onClick={() => edit('new')}>{t('newProject')}</button>}</Head>
            <p class="faint">{t('projectsHint')}</p>
            <div class="filters" role="search"><Text type="search" aria-label={t('search')} placeholder={t('search')} value={search} set={(v) => setQuery('search', v)} />
                <span class="faint count" aria-live="polite">{data ? shownText(data) : ''}</span></div>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(search ? 'nothingFits' : 'noProjects')} hint={t(search ? 'nothingFitsHint' : 'noProjectsHint')} />}
            {data && data.rows.length > 0 && <ul class="rows">{data.rows.map((one) => <Row key={one.id} of={one} edit={() => edit(one)} remove={() => remove(one)} />)}</ul>}
            {more && <button type="button" class="more" onClick={more}>{t('more')}</button>}
            {edited && <ProjectForm old={edited === 'new' ? null : edited} close={() => { edit(null); reload(); }} />}
            {gone && <DeleteProject of={gone} close={() => { remove(null); reload(); }} />}
        </>
    );
}
