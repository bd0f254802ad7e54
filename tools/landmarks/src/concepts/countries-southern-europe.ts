import type { Concept } from '../concept.ts';
import { country } from './country.ts';

/** Countries of the south and west of Europe. */
export const SOUTHERN_EUROPEAN_COUNTRIES: readonly Concept[] = [
  country('france', 'Elle', {
    en: {
      names: ['France'],
      heads: ['the land of cheese', 'the land of wine and cheese'],
      tails: ['where the baguette was born', 'where the Sun King ruled', 'with the rooster as its symbol'],
      facts: ['bakes baguettes and croissants', 'has the rooster as its symbol', 'makes hundreds of cheeses'],
      forms: ['I have six sides, like a hexagon.', 'I smell of fresh bread and cheese.'],
    },
    es: {
      names: ['Francia'],
      heads: ['la tierra de los quesos', 'la tierra del vino y los quesos'],
      tails: ['donde nació la baguette', 'donde reinó el Rey Sol', 'que tiene el gallo como símbolo'],
      facts: ['hornea baguettes y cruasanes', 'tiene el gallo como símbolo', 'hace cientos de quesos'],
      forms: ['Tengo seis lados, como un hexágono.', 'Huelo a pan fresco y a queso.'],
    },
    fr: {
      names: ['la France'],
      heads: ['la terre des fromages', 'la terre du vin et des fromages'],
      tails: ['où est née la baguette', 'où régna le Roi-Soleil', 'qui a le coq pour symbole'],
      facts: [
        'cuit des baguettes et des croissants',
        'a le coq pour symbole',
        'fait des centaines de fromages',
      ],
      forms: ["J'ai six côtés, comme un hexagone.", 'Je sens le pain frais et le fromage.'],
    },
    zh: {
      names: ['法国'],
      heads: ['奶酪之乡', '葡萄酒和奶酪的故乡'],
      tails: ['长棍面包诞生的', '太阳王统治过的', '以公鸡为象征的'],
      facts: ['烤长棍面包和牛角包', '以公鸡为象征', '做几百种奶酪'],
      forms: ['我有六条边，像六边形。', '我有新鲜面包和奶酪的香味。'],
    },
  }),
  country('italy', 'Elle', {
    en: {
      names: ['Italy'],
      heads: ['the land of pizza', 'the land shaped like a boot'],
      tails: ['where Venice floats', 'where opera was born', 'where Vesuvius sleeps'],
      facts: ['eats pizza and pasta', 'looks like a boot', 'has sea on three sides'],
      forms: ['I am a long boot in the sea.', 'I have sea on three sides and mountains in the north.'],
    },
    es: {
      names: ['Italia'],
      heads: ['la tierra de la pizza', 'la tierra en forma de bota'],
      tails: ['donde flota Venecia', 'donde nació la ópera', 'donde duerme el Vesubio'],
      facts: ['come pizza y pasta', 'parece una bota', 'tiene mar por tres lados'],
      forms: ['Soy una larga bota en el mar.', 'Tengo mar por tres lados y montañas en el norte.'],
    },
    fr: {
      names: ["l'Italie"],
      heads: ['la terre de la pizza', 'la terre en forme de botte'],
      tails: ['où flotte Venise', "où est né l'opéra", 'où dort le Vésuve'],
      facts: ['mange des pizzas et des pâtes', 'ressemble à une botte', 'a la mer sur trois côtés'],
      forms: [
        'Je suis une longue botte dans la mer.',
        "J'ai la mer sur trois côtés et des montagnes au nord.",
      ],
    },
    zh: {
      names: ['意大利'],
      heads: ['披萨之国', '靴子形状的国家'],
      tails: ['威尼斯所在的', '歌剧诞生的', '维苏威火山沉睡的'],
      facts: ['吃披萨和面条', '看起来像一只靴子', '三面环海'],
      forms: ['我是海里的一只长靴。', '我三面环海，北边有高山。'],
    },
  }),
  country('spain', 'Elle', {
    en: {
      names: ['Spain'],
      heads: ['the land of paella', 'the land of flamenco'],
      tails: ['where Don Quixote rode', 'where the bulls run in Pamplona', 'where Gaudí built'],
      facts: ['cooks paella with rice', 'dances flamenco', 'grows many olives'],
      forms: ['I am almost a square between two seas.', 'I am sunny and I love guitars.'],
    },
    es: {
      names: ['España'],
      heads: ['la tierra de la paella', 'la tierra del flamenco'],
      tails: ['donde cabalgó Don Quijote', 'donde corren los toros en Pamplona', 'donde construyó Gaudí'],
      facts: ['cocina paella con arroz', 'baila flamenco', 'cultiva muchas aceitunas'],
      forms: ['Soy casi un cuadrado entre dos mares.', 'Tengo mucho sol y amo las guitarras.'],
    },
    fr: {
      names: ["l'Espagne"],
      heads: ['la terre de la paella', 'la terre du flamenco'],
      tails: ['où chevauchait Don Quichotte', 'où courent les taureaux à Pampelune', 'où bâtissait Gaudí'],
      facts: ['cuisine la paella au riz', 'danse le flamenco', "cultive beaucoup d'olives"],
      forms: ['Je suis presque un carré entre deux mers.', "J'ai beaucoup de soleil et j'aime les guitares."],
    },
    zh: {
      names: ['西班牙'],
      heads: ['海鲜饭之国', '弗拉门戈之国'],
      tails: ['堂吉诃德骑马走过的', '潘普洛纳公牛奔跑的', '高迪盖房子的'],
      facts: ['用大米做海鲜饭', '跳弗拉门戈舞', '种很多橄榄'],
      forms: ['我像两片海之间的方块。', '我阳光充足，喜欢吉他。'],
    },
  }),
  country('greece', 'Elle', {
    en: {
      names: ['Greece'],
      heads: ['the land of olive trees', 'the land of the old gods'],
      tails: ['where Zeus ruled on Olympus', 'where the Olympic Games were born', 'where Socrates taught'],
      facts: ['eats feta and olives', 'has many white islands', 'tells stories of Zeus'],
      forms: ['I am many islands in a blue sea.', 'I am old and I have white temples.'],
    },
    es: {
      names: ['Grecia'],
      heads: ['la tierra de los olivos', 'la tierra de los dioses antiguos'],
      tails: [
        'donde Zeus reinó en el Olimpo',
        'donde nacieron los Juegos Olímpicos',
        'donde enseñó Sócrates',
      ],
      facts: ['come feta y aceitunas', 'tiene muchas islas blancas', 'cuenta historias de Zeus'],
      forms: ['Soy muchas islas en un mar azul.', 'Soy antigua y tengo templos blancos.'],
    },
    fr: {
      names: ['la Grèce'],
      heads: ['la terre des oliviers', 'la terre des dieux anciens'],
      tails: ["où Zeus régnait sur l'Olympe", 'où sont nés les Jeux olympiques', 'où enseignait Socrate'],
      facts: [
        'mange de la feta et des olives',
        "a beaucoup d'îles blanches",
        'raconte des histoires de Zeus',
      ],
      forms: ["Je suis beaucoup d'îles dans une mer bleue.", "Je suis ancienne et j'ai des temples blancs."],
    },
    zh: {
      names: ['希腊'],
      heads: ['橄榄树之国', '古老众神之国'],
      tails: ['宙斯统治神山的', '奥运会诞生的', '苏格拉底教书的'],
      facts: ['吃羊奶酪和橄榄', '有许多白色小岛', '讲宙斯的故事'],
      forms: ['我是蓝色大海里的许多岛。', '我很古老，有白色的神庙。'],
    },
  }),
];
