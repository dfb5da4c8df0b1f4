/* "Generate token", and the window of the manual that shows it once. */
import './account.css';
import { useState } from 'preact/hooks';
import { P, call, who } from '../../api';
import type { Token } from '../../model';
import { Choice, Copy, Dialog, Field, Text, Trouble, useAction } from '../../parts';
import { language, t, type TextKey } from '../../texts';
import { microsOf } from './times';

const DAYS = ['7', '30', '90', '365', '0'], DATE = 'date';
const DAY = 86_400_000; /* ms */

/* Service roles, the greatest first, and what each may do. */
export const SERVICE_ROLES: readonly (readonly [string, TextKey, TextKey])[] = [
    ['administrator', 'administrator', 'administratorMay'], ['developer', 'developer', 'developerMay'], ['executor', 'executor', 'executorMay'], ['viewer', 'viewer', 'viewerMay'], ['', 'noServiceRole', 'noneMay'],
];
export const roleName = (role: string) => t(SERVICE_ROLES.find(([name]) => name === role)?.[1] ?? 'noServiceRole');
const roleMay = (role: string) => t(SERVICE_ROLES.find(([name]) => name === role)?.[2] ?? 'noneMay');

/* No role greater than one's own: the server would lend less. A service user's token is not held by one's own. */
function offered(own: string): readonly (readonly [string, string])[] {
    const from = Math.max(0, SERVICE_ROLES.findIndex(([name]) => name === own));
    return SERVICE_ROLES.slice(from).map(([name, text]) => [name, t(text)] as const);
}

export function ServiceRole({ value, set, most = 'administrator' }: { value: string; set: (role: string) => void; most?: string }) {
    return <Field label={t('serviceRole')} hint={roleMay(value)}><Choice value={value} set={set} options={offered(most)} /></Field>;
}

export function OrgRole({ value, set, most = 'owner' }: { value: string; set: (role: string) => void; most?: string }) {
    const all = [['owner', t('orgOwner')], ['member', t('orgMember')]] as const;
    return <Field label={t('orgRole')} hint={t('orgRoleHint')}><Choice value={value} set={set} options={most === 'owner' ? all : all.slice(1)} /></Field>;
}

const dayText = (at: number) => new Intl.DateTimeFormat(language.value === 'de' ? 'de' : 'en-GB', { dateStyle: 'long' }).format(new Date(at));
const inputDay = (at: number) => new Date(at).toISOString().slice(0, 10);

function Expiry({ choice, choose, date, setDate }: { choice: string; choose: (choice: string) => void; date: string; setDate: (date: string) => void }) {
    const hint = choice === '0' ? t('neverHint') : choice === DATE ? undefined : dayText(Date.now() + Number(choice) * DAY);
    return (
        <div class="pair">
            <Field label={t('expires')} {...(hint ? { hint } : {})}><Choice value={choice} set={choose} options={[...DAYS.map((n) => [n, n === '0' ? t('never') : t('days', { n })] as const), [DATE, t('onDate')]]} /></Field>
            {choice === DATE && <Field label={t('date')}><Text type="date" required value={date} set={setDate} min={inputDay(Date.now() + DAY)} max={inputDay(Date.now() + 3650 * DAY)} /></Field>}
        </div>
    );
}

function Made({ token, close }: { token: Token; close: () => void }) {
    return (
        <Dialog title={t('generatedToken')} close={close}>
            <dl class="values">
                <div><dt>{t('name')}</dt><dd>{token.name}</dd></div>
                {who.value?.organization && <div><dt>{t('organization')}</dt><dd>{who.value.organization}</dd></div>}
                <div><dt>{t('expires')}</dt><dd>{token.expiresAt ? dayText(microsOf(token.expiresAt) / 1000) : t('never')}</dd></div>
            </dl>
            <div class="secret"><code>{token.token}</code><Copy text={token.token ?? ''} strong /></div>
            <p class="notice">{t('generatedHint')}</p>
            <footer><button type="button" onClick={close}>{t('close')}</button></footer>
        </Dialog>
    );
}

interface Props { name?: string; user?: string /* a service user, whose token it becomes */; most?: string; made?: (token: string) => void; close: () => void }

/* made: told of the token, which is shown here once and nowhere else again. */
export function Generate({ name: first = '', user, most, made: tell, close }: Props) {
    const [name, setName] = useState(first), [days, setDays] = useState('90'), [date, setDate] = useState('');
    const [orgRole, setOrg] = useState(user ? 'member' : who.value?.orgRole ?? 'member'), [serviceRole, setService] = useState(most ?? who.value?.serviceRole ?? '');
    const [made, setMade] = useState<Token | null>(null);
    const { busy, problem, run } = useAction();
    const wrong = (field: string) => (problem?.field === field ? problem.message : '');
    const validFor = () => (days === DATE ? Math.ceil((Date.parse(date) + DAY - Date.now()) / DAY) : Number(days));
    const generate = () => run(async () => {
        const token = await call<Token>('POST', `${P}/tokens`, { name: name.trim(), orgRole, serviceRole, days: validFor(), ...(user ? { user } : {}) });
        setMade(token);
        tell?.(token.token ?? '');
    });
    if (made) return <Made token={made} close={close} />;
    return (
        <Dialog title={t('generateToken')} close={close}>
            <form onSubmit={(e) => { e.preventDefault(); e.stopPropagation(); generate(); }}>
                <Field label={t('name')} wrong={wrong('name')}><Text required value={name} set={setName} autoFocus /></Field>
                <OrgRole value={orgRole} set={setOrg} most={who.value?.orgRole ?? 'member'} />
                <ServiceRole value={serviceRole} set={setService} most={most ?? who.value?.serviceRole ?? ''} />
                <Expiry choice={days} choose={setDays} date={date} setDate={setDate} />
                {!problem?.field && <Trouble problem={problem} />}
                {wrong('days') && <p class="trouble" role="alert">{wrong('days')}</p>}
                <footer><button type="button" onClick={close}>{t('cancel')}</button><button class="primary" disabled={busy}>{t('generate')}</button></footer>
            </form>
        </Dialog>
    );
}
