import type { Concept } from '../concept.ts';
import { capital } from './country.ts';

/** Capitals of the south and west of Europe. */
export const SOUTHERN_EUROPEAN_CAPITALS: readonly Concept[] = [
  capital('paris', 'Elle', {
    en: {
      names: ['Paris'],
      heads: ['the city of light', 'the city of love'],
      tails: ['on the Seine', 'where the Mona Lisa smiles', 'at the foot of the Eiffel Tower'],
      facts: ['lies on the river Seine', 'has the Eiffel Tower', 'keeps the Mona Lisa'],
      forms: ['I have cafés, bridges and an iron tower.', 'I shine with lights at night.'],
    },
    es: {
      names: ['París'],
      heads: ['la ciudad de la luz', 'la ciudad del amor'],
      tails: ['a orillas del Sena', 'donde sonríe la Mona Lisa', 'al pie de la torre Eiffel'],
      facts: ['está a orillas del Sena', 'tiene la torre Eiffel', 'guarda la Mona Lisa'],
      forms: ['Tengo cafés, puentes y una torre de hierro.', 'Brillo con luces en la noche.'],
    },
    fr: {
      names: ['Paris'],
      heads: ['la ville lumière', "la ville de l'amour"],
      tails: ['au bord de la Seine', 'où sourit la Joconde', 'au pied de la tour Eiffel'],
      facts: ['se trouve au bord de la Seine', 'a la tour Eiffel', 'garde la Joconde'],
      forms: ["J'ai des cafés, des ponts et une tour de fer.", 'Je brille de lumières la nuit.'],
    },
    zh: {
      names: ['巴黎'],
      heads: ['灯光之城', '爱情之城'],
      tails: ['塞纳河畔的', '蒙娜丽莎微笑的', '埃菲尔铁塔下的'],
      facts: ['在塞纳河畔', '有埃菲尔铁塔', '收藏着蒙娜丽莎'],
      forms: ['我有咖啡馆、桥和一座铁塔。', '我在夜里灯光闪闪。'],
    },
  }),
  capital('rome', 'Elle', {
    en: {
      names: ['Rome'],
      heads: ['the eternal city', 'the city of seven hills'],
      tails: ['on the Tiber', 'where the Colosseum stands', 'where Caesar ruled'],
      facts: ['lies on the river Tiber', 'has the Colosseum', 'is almost three thousand years old'],
      forms: ['I stand on seven hills.', 'I am old and full of ruins and fountains.'],
    },
    es: {
      names: ['Roma'],
      heads: ['la ciudad eterna', 'la ciudad de las siete colinas'],
      tails: ['a orillas del Tíber', 'donde se alza el Coliseo', 'donde gobernó César'],
      facts: ['está a orillas del Tíber', 'tiene el Coliseo', 'tiene casi tres mil años'],
      forms: ['Estoy sobre siete colinas.', 'Soy vieja y llena de ruinas y fuentes.'],
    },
    fr: {
      names: ['Rome'],
      heads: ['la ville éternelle', 'la ville aux sept collines'],
      tails: ['au bord du Tibre', 'où se dresse le Colisée', 'où gouvernait César'],
      facts: ['se trouve au bord du Tibre', 'a le Colisée', 'a presque trois mille ans'],
      forms: ['Je me tiens sur sept collines.', 'Je suis vieille et pleine de ruines et de fontaines.'],
    },
    zh: {
      names: ['罗马'],
      heads: ['永恒之城', '七丘之城'],
      tails: ['台伯河畔的', '斗兽场耸立的', '凯撒统治过的'],
      facts: ['在台伯河畔', '有斗兽场', '有将近三千年历史'],
      forms: ['我站在七座小山上。', '我很古老，到处是遗迹和喷泉。'],
    },
  }),
  capital('madrid', 'Elle', {
    en: {
      names: ['Madrid'],
      heads: ['the cheerful city', 'the high sunny city'],
      tails: ['on the Manzanares', 'where the Prado museum is', 'of the bear and the strawberry tree'],
      facts: ['lies on the river Manzanares', 'has the Prado museum', 'eats dinner very late'],
      forms: ['I stand high on a dry plain.', 'I am sunny and I go to bed late.'],
    },
    es: {
      names: ['Madrid'],
      heads: ['la ciudad alegre', 'la alta ciudad del sol'],
      tails: ['a orillas del Manzanares', 'donde está el museo del Prado', 'del oso y el madroño'],
      facts: ['está a orillas del Manzanares', 'tiene el museo del Prado', 'cena muy tarde'],
      forms: ['Estoy en lo alto de una llanura seca.', 'Tengo mucho sol y me acuesto tarde.'],
    },
    fr: {
      names: ['Madrid'],
      heads: ['la ville joyeuse', 'la haute ville du soleil'],
      tails: ['au bord du Manzanares', 'où se trouve le musée du Prado', "de l'ours et de l'arbousier"],
      facts: ['se trouve au bord du Manzanares', 'a le musée du Prado', 'dîne très tard'],
      forms: ['Je me tiens haut sur une plaine sèche.', "J'ai beaucoup de soleil et je me couche tard."],
    },
    zh: {
      names: ['马德里'],
      heads: ['快乐的城市', '高高的阳光之城'],
      tails: ['曼萨纳雷斯河畔的', '普拉多博物馆所在的', '以熊和草莓树为标志的'],
      facts: ['在曼萨纳雷斯河畔', '有普拉多博物馆', '很晚才吃晚饭'],
      forms: ['我站在高高的干燥平原上。', '我阳光充足，很晚才睡。'],
    },
  }),
  capital('athens', 'Elle', {
    en: {
      names: ['Athens'],
      heads: ['the old marble city', 'the city of the owl'],
      tails: ['at the foot of the Parthenon', 'where democracy was born', 'where Plato taught'],
      facts: ['has the Parthenon on a hill', 'invented democracy', 'hosted the Olympic Games in 1896'],
      forms: ['I have white columns on a high rock.', 'I am old, and an owl is my symbol.'],
    },
    es: {
      names: ['Atenas'],
      heads: ['la vieja ciudad de mármol', 'la ciudad del búho'],
      tails: ['al pie del Partenón', 'donde nació la democracia', 'donde enseñó Platón'],
      facts: [
        'tiene el Partenón en una colina',
        'inventó la democracia',
        'acogió los Juegos Olímpicos en 1896',
      ],
      forms: ['Tengo columnas blancas sobre una roca alta.', 'Soy vieja, y un búho es mi símbolo.'],
    },
    fr: {
      names: ['Athènes'],
      heads: ['la vieille ville de marbre', 'la ville de la chouette'],
      tails: ['au pied du Parthénon', 'où est née la démocratie', 'où enseignait Platon'],
      facts: [
        'a le Parthénon sur une colline',
        'a inventé la démocratie',
        'a accueilli les Jeux olympiques en 1896',
      ],
      forms: [
        "J'ai des colonnes blanches sur un haut rocher.",
        'Je suis vieille, et une chouette est mon symbole.',
      ],
    },
    zh: {
      names: ['雅典'],
      heads: ['古老的大理石之城', '猫头鹰之城'],
      tails: ['帕特农神庙下的', '民主诞生的', '柏拉图教书的'],
      facts: ['山上有帕特农神庙', '发明了民主', '在1896年举办过奥运会'],
      forms: ['我的高岩上有白色的柱子。', '我很古老，猫头鹰是我的象征。'],
    },
  }),
];
