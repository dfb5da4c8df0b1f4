import { Head } from '../../parts';
import { t } from '../../texts';

export default function Start() {
    return <Head title={t('firstHour')} />;
}
