import type { Concept } from '../concept.ts';
import { capital } from './country.ts';

/** Capitals of Africa and the Americas. */
export const CAPITALS_BEYOND: readonly Concept[] = [
  capital('cairo', 'Il', {
    en: {
      names: ['Cairo'],
      heads: ['the great desert city', 'the city of a thousand minarets'],
      tails: ['near the Sphinx', 'beside the pyramids of Giza', 'where Tahrir Square lies'],
      facts: ['lies on the Nile', 'has a thousand minarets', 'keeps mummies in its museums'],
      forms: ['I have a thousand minarets and a wide river.', 'I am noisy, dusty and warm.'],
    },
    es: {
      names: ['El Cairo'],
      heads: ['la gran ciudad del desierto', 'la ciudad de los mil minaretes'],
      tails: ['cerca de la Esfinge', 'junto a las pirámides de Guiza', 'donde está la plaza Tahrir'],
      facts: ['está a orillas del Nilo', 'tiene mil minaretes', 'guarda momias en sus museos'],
      forms: ['Tengo mil minaretes y un ancho río.', 'Tengo mucho ruido, polvo y calor.'],
    },
    fr: {
      names: ['Le Caire'],
      heads: ['la grande ville du désert', 'la ville aux mille minarets'],
      tails: ['près du Sphinx', 'à côté des pyramides de Gizeh', 'où se trouve la place Tahrir'],
      facts: ['se trouve au bord du Nil', 'a mille minarets', 'garde des momies dans ses musées'],
      forms: [
        "J'ai mille minarets et un large fleuve.",
        "J'ai beaucoup de bruit, de poussière et de chaleur.",
      ],
    },
    zh: {
      names: ['开罗'],
      heads: ['沙漠大城', '千塔之城'],
      tails: ['狮身人面像旁的', '吉萨金字塔旁的', '解放广场所在的'],
      facts: ['在尼罗河畔', '有一千座尖塔', '在博物馆里保存木乃伊'],
      forms: ['我有一千座尖塔和一条宽宽的河。', '我又吵又热，灰尘很多。'],
    },
  }),
  capital('nairobi', 'Elle', {
    en: {
      names: ['Nairobi'],
      heads: ['the green city in the sun', 'the city of safaris'],
      tails: [
        'where lions live beside skyscrapers',
        'with an orphanage for elephants',
        'where Karen Blixen had her farm',
      ],
      facts: ['has a park with wild lions', 'lies high above the sea', 'cares for baby elephants'],
      forms: ['I am green and I stand high above the sea.', 'I have skyscrapers beside the grassland.'],
    },
    es: {
      names: ['Nairobi'],
      heads: ['la ciudad verde del sol', 'la ciudad de los safaris'],
      tails: [
        'donde viven leones junto a rascacielos',
        'con un orfanato de elefantes',
        'donde Karen Blixen tuvo su granja',
      ],
      facts: [
        'tiene un parque con leones salvajes',
        'está muy por encima del mar',
        'cuida crías de elefante',
      ],
      forms: ['Soy verde y estoy muy por encima del mar.', 'Tengo rascacielos junto a la sabana.'],
    },
    fr: {
      names: ['Nairobi'],
      heads: ['la ville verte au soleil', 'la ville des safaris'],
      tails: [
        'où des lions vivent près des gratte-ciel',
        'avec un orphelinat pour éléphants',
        'où Karen Blixen avait sa ferme',
      ],
      facts: [
        'a un parc avec des lions sauvages',
        'se trouve bien au-dessus de la mer',
        'soigne des bébés éléphants',
      ],
      forms: ['Je suis verte et bien au-dessus de la mer.', "J'ai des gratte-ciel près de la savane."],
    },
    zh: {
      names: ['内罗毕'],
      heads: ['阳光下的绿城', '野生动物之城'],
      tails: ['狮子住在高楼旁的', '有大象孤儿院的', '布里克森办过农场的'],
      facts: ['有野生狮子公园', '比海面高得多', '照顾小象'],
      forms: ['我绿绿的，比海面高得多。', '我的高楼旁边是草原。'],
    },
  }),
  capital('lima', 'Elle', {
    en: {
      names: ['Lima'],
      heads: ['the city of raw fish', 'the grey city on the Pacific'],
      tails: ['on the Rímac', 'with the cliffs of Miraflores', 'that Pizarro founded'],
      facts: ['lies on the river Rímac', 'looks over the Pacific', 'eats raw fish with lemon'],
      forms: ['I stand on cliffs above the ocean.', 'I am dry, and my winter sky is grey.'],
    },
    es: {
      names: ['Lima'],
      heads: ['la ciudad del ceviche', 'la ciudad gris del Pacífico'],
      tails: ['a orillas del Rímac', 'con los acantilados de Miraflores', 'que fundó Pizarro'],
      facts: ['está a orillas del Rímac', 'mira al Pacífico', 'come pescado crudo con limón'],
      forms: ['Estoy sobre acantilados frente al océano.', 'Soy seca, y mi cielo de invierno es gris.'],
    },
    fr: {
      names: ['Lima'],
      heads: ['la ville du ceviche', 'la ville grise du Pacifique'],
      tails: ['au bord du Rímac', 'avec les falaises de Miraflores', 'que fonda Pizarro'],
      facts: ['se trouve au bord du Rímac', 'regarde le Pacifique', 'mange du poisson cru au citron'],
      forms: [
        "Je me tiens sur des falaises au-dessus de l'océan.",
        "Je suis sèche, et mon ciel d'hiver est gris.",
      ],
    },
    zh: {
      names: ['利马'],
      heads: ['生鱼之城', '太平洋边的灰色城市'],
      tails: ['里马克河畔的', '有米拉弗洛雷斯悬崖的', '皮萨罗建立的'],
      facts: ['在里马克河畔', '望着太平洋', '吃柠檬生鱼'],
      forms: ['我站在大洋边的悬崖上。', '我很干燥，冬天的天空是灰色的。'],
    },
  }),
  capital('havana', 'Elle', {
    en: {
      names: ['Havana'],
      heads: ['the city of cigars', 'the colourful port city'],
      tails: ['along the Malecón', 'where Hemingway drank daiquiris', 'where José Martí was born'],
      facts: ['has the Malecón by the sea', 'drives colourful old cars', 'makes famous cigars'],
      forms: ['I have colourful houses by the warm sea.', 'I am old and full of music.'],
    },
    es: {
      names: ['La Habana'],
      heads: ['la ciudad de los puros', 'la ciudad portuaria de colores'],
      tails: ['junto al Malecón', 'donde Hemingway bebía daiquiris', 'donde nació José Martí'],
      facts: ['tiene el Malecón junto al mar', 'conduce coches viejos de colores', 'hace puros famosos'],
      forms: ['Tengo casas de colores junto al mar cálido.', 'Soy vieja y llena de música.'],
    },
    fr: {
      names: ['La Havane'],
      heads: ['la ville des cigares', 'la ville portuaire colorée'],
      tails: ['le long du Malecón', 'où Hemingway buvait des daïquiris', 'où est né José Martí'],
      facts: [
        'a le Malecón au bord de la mer',
        'conduit de vieilles voitures colorées',
        'fait des cigares célèbres',
      ],
      forms: ["J'ai des maisons colorées près de la mer chaude.", 'Je suis vieille et pleine de musique.'],
    },
    zh: {
      names: ['哈瓦那'],
      heads: ['雪茄之城', '多彩的港口城市'],
      tails: ['马雷贡海堤边的', '海明威喝鸡尾酒的', '何塞·马蒂出生的'],
      facts: ['海边有马雷贡海堤', '开着彩色的老爷车', '制作有名的雪茄'],
      forms: ['我在温暖的海边有彩色的房子。', '我很古老，充满音乐。'],
    },
  }),
];
