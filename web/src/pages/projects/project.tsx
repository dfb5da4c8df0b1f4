/* One project: what belongs to it, and who is a member of it in which role. */
import './projects.css';
import { useState } from 'preact/hooks';
import { P, call, isAdministrator, isOwner, list, may } from '../../api';
import type { Parts } from '../../lazy';
import { useLoaded } from '../../loading';
import type { Member, Project, User } from '../../model';
import { Choice, Confirm, Dialog, Empty, Field, Head, Loading, Menu, Text, Trouble, useAction } from '../../parts';
import { t, type TextKey } from '../../texts';
import { CONTENTS, DeleteProject, ProjectForm } from './list';
import { WhenRunsBegin } from './windows';

const ROLES: readonly (readonly [string, TextKey, TextKey])[] = [['administrator', 'projectAdministrator', 'projectAdministratorMay'], ['member', 'projectMember', 'projectMemberMay'], ['viewer', 'projectViewer', 'projectViewerMay']];
const options = () => ROLES.map(([role, text]) => [role, t(text)] as const);
const memberPath = (project: string, user: string) => `${P}/projects/${encodeURIComponent(project)}/members/${encodeURIComponent(user)}`;

/* Who there is knows only an owner of the organization; others type a name. */
function Who({ value, set, known, wrong }: { value: string; set: (name: string) => void; known: Member[]; wrong: string }) {
    const { data } = useLoaded<User[]>(`users ${isOwner()}`, ['users'], async (s) => (isOwner() ? (await list<User>('/users', { $orderby: 'name asc', $top: 1000 }, s)).rows : []));
    const others = (data ?? []).filter((user) => !known.some((member) => member.name === user.name));
    return (
        <Field label={t('user')} wrong={wrong}>{isOwner() ? <Choice required value={value} set={set} options={[['', t('choose')], ...others.map((user) => [user.name, user.email ? `${user.name} (${user.email})` : user.name] as const)]} />
            : <Text required autoFocus value={value} set={set} />}</Field>
    );
}

function AddMember({ project, known, close }: { project: string; known: Member[]; close: () => void }) {
    const [name, setName] = useState(''), [role, setRole] = useState('member');
    const { busy, problem, run } = useAction();
    const add = () => run(async () => { await call('PUT', memberPath(project, name.trim()), { role }); close(); });
    return (
        <Dialog title={t('addMember')} close={close}>
            <form onSubmit={(e) => { e.preventDefault(); add(); }}>
                <Who value={name} set={setName} known={known} wrong={problem?.status === 404 ? problem.message : ''} />
                <Field label={t('role')} hint={t(ROLES.find(([key]) => key === role)![2])}><Choice value={role} set={setRole} options={options()} /></Field>
                {problem?.status !== 404 && <Trouble problem={problem} />}
                <footer><button type="button" onClick={close}>{t('cancel')}</button><button class="primary" disabled={busy || !name.trim()}>{t('add')}</button></footer>
            </form>
        </Dialog>
    );
}

function MemberRow({ of, project, remove }: { of: Member; project: string; remove: () => void }) {
    const { busy, problem, run } = useAction();
    const change = (role: string) => run(() => call('PUT', memberPath(project, of.name), { role }));
    return (
        <li class="row"><div class="line member-line">
            <span class="what"><strong>{of.name}</strong><small>{of.email}</small></span>
            <span>{may('manage', project) ? <Choice aria-label={`${t('role')}: ${of.name}`} disabled={busy} value={of.role} set={change} options={options()} /> : t(ROLES.find(([role]) => role === of.role)?.[1] ?? 'projectMember')}</span>
            <span class="ends">{may('manage', project) && <button type="button" class="plain bad" aria-label={`${t('removeMember')}: ${of.name}`} onClick={remove}>{t('removeMember')}</button>}</span>
            <Trouble problem={problem} />
        </div></li>
    );
}

function Members({ project }: { project: string }) {
    const { data, problem, reload } = useLoaded<Member[]>(`members ${project}`, ['members', 'users'], async (s) => (await call<{ members: Member[] }>('GET', `${P}/projects/${encodeURIComponent(project)}/members`, undefined, s)).members);
    const [adding, add] = useState(false), [gone, remove] = useState<Member | null>(null);
    const manages = may('manage', project), addButton = manages && <button type="button" onClick={() => add(true)}>{t('addMember')}</button>;
    return (
        <section class="stack">
            <div class="head"><h2>{t('members')}</h2>{data && data.length > 0 && addButton}</div>
            <p class="faint">{t('membersHint')}</p>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.length && <Empty title={t('noMembers')} hint={t('noMembersHint')}>{addButton}</Empty>}
            {data && data.length > 0 && <ul class="rows">{data.map((one) => <MemberRow key={one.userId} of={one} project={project} remove={() => remove(one)} />)}</ul>}
            {adding && <AddMember project={project} known={data ?? []} close={() => { add(false); reload(); }} />}
            {gone && <Confirm title={t('removeMemberAsk', { name: gone.name, project })} hint={t('removeMemberHint')} word={t('removeMember')} close={() => { remove(null); reload(); }} act={() => call('DELETE', memberPath(project, gone.name))} />}
        </section>
    );
}

export default function ProjectPage({ id = '' }: Parts) {
    const { data: project, problem, reload } = useLoaded<Project>(`project ${id}`, ['projects'], (s) => call('GET', `${P}/projects/${encodeURIComponent(id)}`, undefined, s));
    const [window, open] = useState<'edit' | 'delete' | null>(null);
    if (!project) return problem ? <><Head title={t('project')} /><Trouble problem={problem} retry={reload} /></> : <Loading />;
    return (
        <>
            <p class="crumbs"><a href="/projects">{t('projects')}</a></p>
            <Head title={project.name}>{may('manage', project.name) && <button type="button" onClick={() => open('edit')}>{t('edit')}</button>}
                <Menu label={t('moreActions')} items={[isAdministrator() && { text: t('remove'), act: () => open('delete'), bad: true }]} /></Head>
            {project.description && <p>{project.description}</p>}
            <p class="project-links">{CONTENTS.map(([path, text]) => <a key={path} class="button" href={`${path}?project=${encodeURIComponent(project.name)}`}>{t(text)}</a>)}</p>
            <WhenRunsBegin project={project} reload={reload} />
            <Members project={project.name} />
            {window === 'edit' && <ProjectForm old={project} close={() => { open(null); reload(); }} />}
            {window === 'delete' && <DeleteProject of={project} close={() => open(null)} />}
        </>
    );
}
