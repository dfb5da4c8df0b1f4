/* My account > API tokens. A token is shown once, in the window of the manual. */
import { useState } from 'preact/hooks';
import { P, call, who } from '../../api';
import { useLoaded } from '../../loading';
import type { Token } from '../../model';
import { Choice, Confirm, Copy, Dialog, Field, Head, Loading, Text, Trouble, useAction } from '../../parts';
import { t } from '../../texts';

const DAYS = ['30', '90', '365', '0'];

function Generate({ close }: { close: () => void }) {
    const [name, setName] = useState(''), [days, setDays] = useState('90');
    const [orgRole, setOrg] = useState(who.value?.orgRole ?? 'member'), [serviceRole, setService] = useState(who.value?.serviceRole ?? '');
    const [made, setMade] = useState<Token | null>(null);
    const { busy, problem, run } = useAction();
    if (made) return (
        <Dialog title={t('generatedToken')} close={close}>
            <p>{t('generatedHint')}</p>
            <dl class="values"><div><dt>{t('name')}</dt><dd>{made.name}</dd></div></dl>
            <div class="secret"><code>{made.token}</code><Copy text={made.token ?? ''} /></div>
            <footer><button type="button" class="primary" onClick={close}>{t('close')}</button></footer>
        </Dialog>
    );
    return (
        <Dialog title={t('generateToken')} close={close}>
            <form onSubmit={(e) => { e.preventDefault(); run(async () => setMade(await call<Token>('POST', `${P}/tokens`, { name, orgRole, serviceRole, days: Number(days) }))); }}>
                <Field label={t('name')} wrong={problem?.field === 'name' ? problem.message : ''}><Text required value={name} set={setName} autoFocus /></Field>
                <Field label={t('orgRole')}><Choice value={orgRole} set={setOrg} options={[['owner', t('orgOwner')], ['member', t('orgMember')]]} /></Field>
                <Field label={t('serviceRole')}><Choice value={serviceRole} set={setService} options={[['administrator', t('administrator')], ['developer', t('developer')], ['executor', t('executor')], ['viewer', t('viewer')], ['', '–']]} /></Field>
                <Field label={t('expires')}><Choice value={days} set={setDays} options={DAYS.map((n) => [n, n === '0' ? t('never') : t('days', { n })])} /></Field>
                <Trouble problem={problem} />
                <footer><button type="button" onClick={close}>{t('cancel')}</button><button class="primary" disabled={busy}>{t('generate')}</button></footer>
            </form>
        </Dialog>
    );
}

const day = (text: string | undefined) => (text ? text.slice(0, 16) : '–');

export default function Tokens() {
    const { data, problem, reload } = useLoaded<Token[]>('tokens', ['tokens'], async (s) => (await call<{ tokens: Token[] }>('GET', `${P}/tokens`, undefined, s)).tokens);
    const [making, make] = useState(false);
    const [gone, revoke] = useState<Token | null>(null);
    return (
        <>
            <Head title={t('apiTokens')}><button type="button" class="primary" onClick={() => make(true)}>{t('generateToken')}</button></Head>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && <ul class="rows">{data.filter((x) => !x.revoked).map((x) => (
                <li class="row" key={x.id}><div class="line token-line">
                    <span class="what"><strong>{x.name}</strong><small>{[x.orgRole, x.serviceRole].filter(Boolean).join(', ')}</small></span>
                    <span class="whom"><small>{t('lastUsed')}</small><span>{day(x.usedAt)}</span></span>
                    <span class="whom"><small>{t('expires')}</small><span>{x.expiresAt ? day(x.expiresAt) : t('never')}</span></span>
                    <button type="button" class="plain bad" onClick={() => revoke(x)} aria-label={`${t('revoke')}: ${x.name}`}>{t('revoke')}</button>
                </div></li>))}</ul>}
            {making && <Generate close={() => { make(false); reload(); }} />}
            {gone && <Confirm title={t('revokeAsk', { name: gone.name })} hint={t('revokeHint')} word={t('revoke')} close={() => { revoke(null); reload(); }} act={() => call('DELETE', `${P}/tokens/${gone.id}`)} />}
        </>
    );
}
