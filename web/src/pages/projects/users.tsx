/* Users of the organization: people, and service users that lend webhooks their rights. An owner's matter. */
import './projects.css';
import { useEffect, useState } from 'preact/hooks';
import { P, call, isOwner, who } from '../../api';
import { shownText, useList } from '../../listing';
import type { User } from '../../model';
import { Choice, Confirm, Copy, Dialog, Empty, Field, Head, Loading, Menu, Text, Time, Trouble, useAction } from '../../parts';
import { query, setQuery } from '../../router';
import { t } from '../../texts';
import { Windowed } from '../../windowed';
import { Generate, OrgRole, ServiceRole, roleName } from '../account/generate';
import { microsOf } from '../account/times';
import { TokenList } from '../account/tokens';

/* A link for a password: shown once, like a token. */
function Invitation({ of, close }: { of: string; close: () => void }) {
    const [data, setData] = useState<{ url: string; expiresAt: string } | null>(null);
    const { problem, run } = useAction();
    useEffect(() => run(async () => setData(await call('POST', `${P}/users/${encodeURIComponent(of)}/invitation`))), []);
    const url = data && new URL(data.url, location.origin).href; /* without an external URL the server knows only the path */
    return (
        <Dialog title={t('inviteTitle', { name: of })} close={close}>
            <Trouble problem={problem} />
            {!data && !problem && <Loading />}
            {url && <><p>{t('inviteHint')}</p><div class="secret"><code>{url}</code><Copy text={url} /></div><p class="faint">{t('expires')}: <Time at={microsOf(data.expiresAt)} /></p></>}
            <footer><button type="button" class="primary" onClick={close}>{t('close')}</button></footer>
        </Dialog>
    );
}

type Draft = Pick<User, 'name' | 'email' | 'kind' | 'orgRole' | 'serviceRole'> & { password: string };

function UserForm({ old, close }: { old: User | null; close: (invited?: string) => void }) {
    const [d, setDraft] = useState<Draft>({ name: old?.name ?? '', email: old?.email ?? '', kind: old?.kind ?? 'person', orgRole: old?.orgRole ?? 'member', serviceRole: old?.serviceRole ?? '', password: '' });
    const set = (some: Partial<Draft>) => setDraft((before) => ({ ...before, ...some }));
    const { busy, problem, run } = useAction();
    const wrong = (field: string) => (problem?.field === field ? problem.message : ''), person = d.kind === 'person';
    const save = () => run(async () => {
        const { password, name, kind, ...rest } = d;
        await call(old ? 'PATCH' : 'POST', `${P}/users${old ? `/${encodeURIComponent(old.name)}` : ''}`, { ...rest, ...(old ? {} : { name: name.trim(), kind }), ...(person && password ? { password } : {}) });
        close(!old && person && !password ? name.trim() : undefined);
    });
    return (
        <Dialog title={old ? old.name : t('newUser')} close={() => close()}>
            <form onSubmit={(e) => { e.preventDefault(); save(); }}>
                {!old && <Field label={t('type')} hint={t(person ? 'personHint' : 'serviceUserHint')}><Choice value={d.kind} set={(kind) => set({ kind })} options={[['person', t('person')], ['service', t('serviceUser')]]} /></Field>}
                {!old && <Field label={t('name')} wrong={wrong('name')}><Text required autoFocus value={d.name} set={(name) => set({ name })} /></Field>}
                {person && <Field label={t('email')} wrong={wrong('email')}><Text type="email" value={d.email} set={(email) => set({ email })} /></Field>}
                <div class="pair"><OrgRole value={d.orgRole} set={(orgRole) => set({ orgRole })} /><ServiceRole value={d.serviceRole} set={(serviceRole) => set({ serviceRole })} /></div>
                {person && <Field label={t(old?.hasPassword ? 'newPassword' : 'password')} hint={t(old?.hasPassword ? 'newPasswordHint' : 'inviteInstead')} wrong={wrong('password')}>
                    <Text type="password" autoComplete="new-password" minLength={10} placeholder={old?.hasPassword ? t('unchanged') : ''} value={d.password} set={(password) => set({ password })} /></Field>}
                {!['name', 'email', 'password'].includes(problem?.field ?? '') && <Trouble problem={problem} />}
                <footer><button type="button" onClick={() => close()}>{t('cancel')}</button><button class="primary" disabled={busy}>{t(busy ? 'saving' : 'save')}</button></footer>
            </form>
        </Dialog>
    );
}

/* A service user has no other way in than tokens. */
function ServiceTokens({ of, close }: { of: User; close: () => void }) {
    const [making, make] = useState(false);
    if (making) return <Generate user={of.name} close={() => make(false)} />;
    return (
        <Dialog title={`${t('apiTokens')}: ${of.name}`} close={close} wide>
            <p class="faint">{t('serviceTokensHint', { name: of.name })}</p>
            <TokenList user={of.name} />
            <footer><button type="button" onClick={close}>{t('close')}</button><button type="button" class="primary" onClick={() => make(true)}>{t('generateToken')}</button></footer>
        </Dialog>
    );
}

type Wish = { what: 'edit' | 'delete' | 'disable' | 'tokens' | 'invite'; of: User };

function Row({ of, wish, enable }: { of: User; wish: (wish: Wish) => void; enable: () => void }) {
    const self = of.name === who.value?.name;
    return (
        <div class={of.disabled ? 'line user-line over' : 'line user-line'}>
            <span class="what"><strong>{of.name} {self && <span class="chip">{t('you')}</span>}{of.disabled && <span class="chip">{t('locked')}</span>}</strong><small>{of.email || t(of.kind === 'service' ? 'serviceUser' : 'person')}</small></span>
            <span class="whom"><small>{t('orgRole')}</small><span>{t(of.orgRole === 'owner' ? 'orgOwner' : 'orgMember')}</span></span>
            <span class="whom"><small>{t('serviceRole')}</small><span>{roleName(of.serviceRole)}</span></span>
            <span class="ends"><Menu label={`${t('moreActions')}: ${of.name}`} items={[{ text: t('edit'), act: () => wish({ what: 'edit', of }) }, of.kind === 'person' && !of.disabled && { text: t(of.hasPassword ? 'resetPassword' : 'invite'), act: () => wish({ what: 'invite', of }) },
                of.kind === 'service' && { text: t('apiTokens'), act: () => wish({ what: 'tokens', of }) },
                !self && (of.disabled ? { text: t('unlock'), act: enable } : { text: t('lock'), act: () => wish({ what: 'disable', of }) }), !self && { text: t('remove'), act: () => wish({ what: 'delete', of }), bad: true }]} /></span>
        </div>
    );
}

const change = (of: User, disabled: boolean) => call('PATCH', `${P}/users/${encodeURIComponent(of.name)}`, { disabled });

function Users() {
    const search = query().get('search') ?? '';
    const { data, problem, reload, more, see, newer, toTop } = useList<User>('/users', { $orderby: 'name asc', search }, ['users']);
    const [wished, wish] = useState<Wish | null>(null), [making, make] = useState(false), [invited, invite] = useState('');
    const { problem: refused, run } = useAction();
    const done = () => { wish(null); reload(); };
    return (
        <>
            <Head title={t('users')}><button type="button" class="primary" onClick={() => make(true)}>{t('newUser')}</button></Head>
            <p class="faint">{t('usersHint')}</p>
            <div class="filters" role="search"><Text type="search" aria-label={t('search')} placeholder={t('search')} value={search} set={(v) => setQuery('search', v)} />
                <span class="faint count" aria-live="polite">{data ? shownText(data) : ''}</span></div>
            <Trouble problem={problem} retry={reload} />
            <Trouble problem={refused} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t('nothingFits')} hint={t('nothingFitsHint')} />}
            {data && data.rows.length > 0 && <Windowed rows={data.rows} keyOf={(one) => one.id} label={t('users')} estimate={62} see={see} more={more} newer={newer} toTop={toTop}>{(one) => <Row of={one} wish={wish} enable={() => run(() => change(one, false))} />}</Windowed>}
            {(making || wished?.what === 'edit') && <UserForm old={making ? null : wished!.of} close={(name) => { make(false); done(); if (name) invite(name); }} />}
            {(invited || wished?.what === 'invite') && <Invitation of={invited || wished!.of.name} close={() => { invite(''); done(); }} />}
            {wished?.what === 'tokens' && <ServiceTokens of={wished.of} close={done} />}
            {wished?.what === 'disable' && <Confirm title={t('lockAsk', { name: wished.of.name })} hint={t('lockHint')} word={t('lock')} close={done} act={() => change(wished.of, true)} />}
            {wished?.what === 'delete' && <Confirm title={t('deleteAsk', { name: wished.of.name })} hint={t('deleteUserHint')} word={t('remove')} close={done} act={() => call('DELETE', `${P}/users/${encodeURIComponent(wished.of.name)}`)} />}
        </>
    );
}

export default function UsersPage() {
    return isOwner() ? <Users /> : <><Head title={t('users')} /><Empty title={t('usersForbidden')} hint={t('usersForbiddenHint')} /></>;
}
