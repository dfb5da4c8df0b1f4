/* "Generate token", and the window of the manual that shows it once. */
import { useState } from 'preact/hooks';
import { P, call, who } from '../../api';
import type { Token } from '../../model';
import { Choice, Copy, Dialog, Field, Text, Trouble, useAction } from '../../parts';
import { t } from '../../texts';

const DAYS = ['30', '90', '365', '0'];

interface Props { name?: string; made?: (token: string) => void; close: () => void }

/* made: told of the token, which is shown here once and nowhere else again. */
export function Generate({ name: first = '', made: tell, close }: Props) {
    const [name, setName] = useState(first), [days, setDays] = useState('90');
    const [orgRole, setOrg] = useState(who.value?.orgRole ?? 'member'), [serviceRole, setService] = useState(who.value?.serviceRole ?? '');
    const [made, setMade] = useState<Token | null>(null);
    const { busy, problem, run } = useAction();
    const generate = () => run(async () => {
        const token = await call<Token>('POST', `${P}/tokens`, { name, orgRole, serviceRole, days: Number(days) });
        setMade(token);
        tell?.(token.token ?? '');
    });
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
            <form onSubmit={(e) => { e.preventDefault(); e.stopPropagation(); generate(); }}>
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
