import type { Concept } from '../concept.ts';

/** San Francisco's street, park and cable car. */
export const SAN_FRANCISCO_STREETS: readonly Concept[] = [
  {
    id: 'lombard-street',
    kind: 'landmark',
    wording: {
      en: {
        names: ['Lombard Street', 'Lombard Street in San Francisco'],
        pronoun: 'It',
        heads: ['the crooked street', 'the winding brick road', 'the steep street full of flowers'],
        tails: ['on Russian Hill', 'with eight sharp turns', 'where cars drive down very slowly'],
        facts: [
          'goes down a steep hill',
          'lets cars drive only downhill',
          'is paved with red brick',
          'bends eight times in a short distance',
          'has hydrangeas in summer',
        ],
        forms: [
          'I am a steep street that bends again and again.',
          'My bricks are red and my curves are sharp.',
        ],
      },
      es: {
        names: ['la calle Lombard', 'la calle Lombard de San Francisco'],
        pronoun: '',
        heads: ['la calle en zigzag', 'la sinuosa calle de ladrillo', 'la calle empinada llena de flores'],
        tails: ['en Russian Hill', 'con ocho curvas cerradas', 'por donde los coches bajan muy despacio'],
        facts: [
          'baja por una colina empinada',
          'deja a los coches solo bajar',
          'tiene un suelo de ladrillo rojo',
          'gira ocho veces en poca distancia',
          'tiene hortensias en verano',
        ],
        forms: [
          'Soy una calle empinada que gira una y otra vez.',
          'Mis ladrillos son rojos y mis curvas son cerradas.',
        ],
      },
      fr: {
        names: ['Lombard Street', 'la rue Lombard'],
        pronoun: 'Elle',
        heads: ['la rue en zigzag', 'la rue sinueuse en briques', 'la rue raide pleine de fleurs'],
        tails: ['sur Russian Hill', 'avec huit virages serrés', 'où les voitures descendent très lentement'],
        facts: [
          'descend une colline raide',
          'laisse les voitures seulement descendre',
          'a un sol de briques rouges',
          'tourne huit fois sur une courte distance',
          'a des hortensias en été',
        ],
        forms: [
          'Je suis une rue raide qui tourne encore et encore.',
          'Mes briques sont rouges et mes virages sont serrés.',
        ],
      },
      zh: {
        names: ['九曲花街', '伦巴底街'],
        pronoun: '它',
        heads: ['弯弯的小路', '铺着红砖的弯路', '两旁种满绣球的陡坡路'],
        tails: ['俄罗斯山上的', '有八个急弯的', '汽车要慢慢开下去的'],
        facts: ['从陡坡上往下走', '只让汽车下坡', '铺着红砖', '在短短一段里转八次弯', '在夏天开绣球花'],
        forms: ['我是一条弯来弯去的陡路。', '我的砖是红的，我的弯很急。'],
      },
    },
  },
  {
    id: 'golden-gate-park',
    kind: 'landmark',
    wording: {
      en: {
        names: ['Golden Gate Park'],
        pronoun: 'It',
        heads: ['the long green garden', 'the great city woodland', 'the wide stretch of lawns and trees'],
        tails: [
          'with a herd of bison',
          'that ends at Ocean Beach',
          'with two old windmills by the ocean',
          'planted on the sand dunes of San Francisco',
        ],
        facts: [
          'is about five kilometers long',
          'has a Japanese tea garden',
          'keeps bison in a meadow',
          'was once bare sand',
          'has lakes, gardens and museums',
        ],
        forms: [
          'I am a long green rectangle of grass and trees.',
          'My paths run past lakes all the way to the ocean.',
        ],
      },
      es: {
        names: ['el parque Golden Gate'],
        pronoun: '',
        heads: ['el largo jardín verde', 'el gran bosque urbano', 'el ancho espacio de césped y árboles'],
        tails: [
          'con un rebaño de bisontes',
          'que termina en Ocean Beach',
          'con dos viejos molinos junto al océano',
          'plantado sobre las dunas de San Francisco',
        ],
        facts: [
          'mide unos cinco kilómetros de largo',
          'tiene un jardín de té japonés',
          'guarda bisontes en un prado',
          'antes era solo arena',
          'tiene lagos, jardines y museos',
        ],
        forms: [
          'Soy un largo rectángulo verde de hierba y árboles.',
          'Mis caminos pasan junto a lagos hasta el océano.',
        ],
      },
      fr: {
        names: ['le parc du Golden Gate'],
        pronoun: 'Il',
        heads: ['le long jardin vert', 'le grand bois urbain', "le vaste espace de pelouses et d'arbres"],
        tails: [
          'avec un troupeau de bisons',
          'qui finit à Ocean Beach',
          "avec deux vieux moulins près de l'océan",
          'planté sur les dunes de San Francisco',
        ],
        facts: [
          'mesure environ cinq kilomètres de long',
          'a un jardin de thé japonais',
          'garde des bisons dans un pré',
          "n'était autrefois que du sable",
          'a des lacs, des jardins et des musées',
        ],
        forms: [
          "Je suis un long rectangle vert d'herbe et d'arbres.",
          "Mes chemins longent des lacs jusqu'à l'océan.",
        ],
      },
      zh: {
        names: ['金门公园'],
        pronoun: '它',
        heads: ['长长的绿色花园', '城市里的大树林', '有草坪和树木的大片绿地'],
        tails: ['养着一群野牛的', '一直伸到海洋海滩的', '海边有两座老风车的', '种在旧金山沙丘上的'],
        facts: [
          '长约5公里',
          '有一座日本茶园',
          '在草地上养着野牛',
          '从前只是一片沙地',
          '有湖泊、花园和博物馆',
        ],
        forms: ['我是一块长方形的绿地，有草也有树。', '我的小路经过湖边，一直通到海洋。'],
      },
    },
  },
  {
    id: 'cable-car',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the San Francisco cable car'],
        pronoun: 'It',
        heads: ['the old wooden tram', 'the small open carriage', 'the rattling street wagon'],
        tails: [
          'that climbs Nob Hill',
          'pulled by a rope under the street',
          'turned by hand at the end of the line',
        ],
        facts: [
          'first ran in 1873',
          'rings a loud bell',
          'has wooden seats and open sides',
          'holds on to a moving steel rope',
          'goes about 15 kilometers an hour',
        ],
        forms: [
          'I am a small wooden wagon with open sides.',
          'My grip holds a moving rope under the street.',
        ],
      },
      es: {
        names: ['el tranvía de cable', 'el tranvía de cable de San Francisco'],
        pronoun: '',
        heads: ['el viejo vagón de madera', 'el pequeño vagón abierto', 'el ruidoso vagón callejero'],
        tails: [
          'que sube a Nob Hill',
          'tirado por una cuerda bajo la calle',
          'que se gira a mano al final de la línea',
        ],
        facts: [
          'circuló por primera vez en 1873',
          'toca una campana fuerte',
          'tiene asientos de madera y lados abiertos',
          'se agarra a una cuerda de acero móvil',
          'va a unos 15 kilómetros por hora',
        ],
        forms: [
          'Soy un pequeño vagón de madera con lados abiertos.',
          'Mi pinza agarra una cuerda que corre bajo la calle.',
        ],
      },
      fr: {
        names: ['le tramway à câble', 'le cable car de San Francisco'],
        pronoun: 'Il',
        heads: ['le vieux wagon de bois', 'le petit wagon ouvert', 'le wagon de rue bruyant'],
        tails: [
          'qui grimpe sur Nob Hill',
          'tiré par une corde sous la rue',
          'tourné à la main au bout de la ligne',
        ],
        facts: [
          'a roulé pour la première fois en 1873',
          'sonne une cloche bruyante',
          'a des sièges de bois et des côtés ouverts',
          "s'accroche à une corde d'acier mobile",
          'roule à environ 15 kilomètres par heure',
        ],
        forms: [
          'Je suis un petit wagon de bois aux côtés ouverts.',
          'Ma pince tient une corde qui court sous la rue.',
        ],
      },
      zh: {
        names: ['旧金山缆车'],
        pronoun: '它',
        heads: ['老木头车厢', '敞开的小车厢', '叮叮响的街上小车'],
        tails: ['爬上诺布山的', '被街下钢绳拉动的', '在终点用手推着转向的'],
        facts: [
          '在1873年第一次开动',
          '敲着响亮的铃',
          '有木座位和敞开的两边',
          '抓住一根移动的钢绳',
          '每小时走约15公里',
        ],
        forms: ['我是一节两边敞开的小木车厢。', '我的夹子抓住街下移动的绳子。'],
      },
    },
  },
];
