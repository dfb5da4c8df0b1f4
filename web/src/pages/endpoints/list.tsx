import { Head } from '../../parts';
import { t } from '../../texts';

export default function Endpoints() {
    return <Head title={t('endpoints')} />;
}
