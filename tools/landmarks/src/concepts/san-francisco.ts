import type { Concept } from '../concept.ts';

/** San Francisco's sights on the water: the bridge, the prison island and the harbor. */
export const SAN_FRANCISCO: readonly Concept[] = [
  {
    id: 'golden-gate-bridge',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Golden Gate Bridge', 'the Golden Gate Bridge in San Francisco'],
        pronoun: 'It',
        heads: [
          'the orange suspension bridge',
          'the long red bridge',
          'the great bridge with two orange towers',
        ],
        tails: [
          'over the strait',
          'at the mouth of the bay',
          'where the fog rolls in',
          'on the road to Marin',
        ],
        facts: [
          'is painted international orange',
          'opened in 1937',
          'hangs from two towers of orange steel',
          'crosses the strait between the ocean and the bay',
          'often disappears in the fog',
          'carries cars from San Francisco to Marin',
        ],
        forms: [
          'I am a suspension bridge with two tall orange towers.',
          'My body is orange steel that hangs over the strait.',
        ],
      },
      es: {
        names: ['el Golden Gate', 'el puente Golden Gate'],
        pronoun: '',
        heads: [
          'el puente colgante naranja',
          'el largo puente rojo',
          'el gran puente de dos torres naranjas',
        ],
        tails: [
          'sobre el estrecho',
          'en la boca de la bahía',
          'donde entra la niebla',
          'en el camino de Marin',
        ],
        facts: [
          'está pintado de naranja internacional',
          'se inauguró en 1937',
          'cuelga de dos torres de acero naranja',
          'cruza el estrecho entre el océano y la bahía',
          'desaparece a menudo en la niebla',
          'lleva coches desde San Francisco hasta Marin',
        ],
        forms: [
          'Soy un puente colgante con dos altas torres naranjas.',
          'Mi cuerpo es de acero naranja y cuelga sobre el estrecho.',
        ],
      },
      fr: {
        names: ['le Golden Gate', 'le pont du Golden Gate'],
        pronoun: 'Il',
        heads: ['le pont suspendu orange', 'le long pont rouge', 'le grand pont aux deux tours orange'],
        tails: ['sur le détroit', "à l'entrée de la baie", 'où entre le brouillard', 'sur la route de Marin'],
        facts: [
          'est peint en orange international',
          'a ouvert en 1937',
          "est suspendu à deux tours d'acier orange",
          "traverse le détroit entre l'océan et la baie",
          'disparaît souvent dans le brouillard',
          'mène les voitures de San Francisco à Marin',
        ],
        forms: [
          'Je suis un pont suspendu avec deux hautes tours orange.',
          "Mon corps est d'acier orange et pend au-dessus du détroit.",
        ],
      },
      zh: {
        names: ['金门大桥', '旧金山金门大桥'],
        pronoun: '它',
        heads: ['橙色吊桥', '红色长桥', '有两座橙色高塔的大桥'],
        tails: ['横跨海峡的', '守在海湾入口的', '常被雾气笼罩的', '通往马林的'],
        facts: [
          '漆成国际橙色',
          '在1937年通车',
          '挂在两座橙色钢塔上',
          '跨过海洋和海湾之间的海峡',
          '常常消失在雾里',
          '让汽车从旧金山开到马林',
        ],
        forms: ['我是一座有两座橙色高塔的吊桥。', '我的身体是横跨海峡的橙色钢铁。'],
      },
    },
  },
  {
    id: 'alcatraz',
    kind: 'landmark',
    wording: {
      en: {
        names: ['Alcatraz', 'Alcatraz Island'],
        pronoun: 'It',
        heads: ['the prison island', 'the rocky island with the old jail', 'the small island of empty cells'],
        tails: [
          'in the middle of the bay',
          'within sight of San Francisco',
          'surrounded by cold currents',
          'from which almost no one escaped',
        ],
        facts: [
          'was a prison until 1963',
          'lies in the cold water of the bay',
          'has an old lighthouse',
          'can be visited by boat',
          'is home to many sea birds',
        ],
        forms: ['I am a small rock with empty prison cells.', 'My walls rise from cold water on every side.'],
      },
      es: {
        names: ['Alcatraz', 'la isla de Alcatraz'],
        pronoun: '',
        heads: ['la isla prisión', 'la isla rocosa con la vieja cárcel', 'la pequeña isla de celdas vacías'],
        tails: [
          'en medio de la bahía',
          'frente a San Francisco',
          'rodeada de corrientes frías',
          'de donde casi nadie escapó',
        ],
        facts: [
          'fue una prisión hasta 1963',
          'está en el agua fría de la bahía',
          'tiene un viejo faro',
          'se puede visitar en barco',
          'es hogar de muchas aves marinas',
        ],
        forms: ['Soy una pequeña roca con celdas vacías.', 'Mis muros salen del agua fría por todos lados.'],
      },
      fr: {
        names: ['Alcatraz', "l'île d'Alcatraz"],
        pronoun: 'Elle',
        heads: ["l'île prison", "l'île rocheuse à la vieille prison", 'la petite île aux cellules vides'],
        tails: [
          'au milieu de la baie',
          'en face de San Francisco',
          'entourée de courants froids',
          "d'où presque personne ne s'est évadé",
        ],
        facts: [
          "a servi de prison jusqu'en 1963",
          "se trouve dans l'eau froide de la baie",
          'a un vieux phare',
          'se visite en bateau',
          "abrite beaucoup d'oiseaux de mer",
        ],
        forms: [
          'Je suis un petit rocher avec des cellules vides.',
          "Mes murs sortent de l'eau froide de tous côtés.",
        ],
      },
      zh: {
        names: ['恶魔岛', '阿尔卡特拉斯岛'],
        pronoun: '它',
        heads: ['监狱小岛', '有旧牢房的石岛', '满是空牢房的小岛'],
        tails: ['海湾中央的', '旧金山对面的', '被冷流包围的', '几乎没人能逃出的'],
        facts: ['在1963年以前是监狱', '躺在海湾的冷水里', '有一座老灯塔', '可以坐船去参观', '住着许多海鸟'],
        forms: ['我是一块有空牢房的小岩石。', '我的墙在四面冷水中升起。'],
      },
    },
  },
  {
    id: 'fishermans-wharf',
    kind: 'landmark',
    wording: {
      en: {
        names: ["Fisherman's Wharf"],
        pronoun: 'It',
        heads: ['the old harbor district', 'the lively waterfront', 'the noisy quarter of boats and shops'],
        tails: ['where sea lions bark', 'famous for its crab', 'on the north shore of San Francisco'],
        facts: [
          'sells fresh crab and sourdough bread',
          'smells of salt and fish',
          'faces the bay',
          'fills with visitors in summer',
          'keeps old ships to visit',
        ],
        forms: [
          'I am a row of piers, boats and seafood stalls.',
          'My wooden piers reach out into the water.',
        ],
      },
      es: {
        names: ["el Fisherman's Wharf", 'el Muelle de los Pescadores'],
        pronoun: '',
        heads: [
          'el viejo barrio portuario',
          'el animado paseo junto al agua',
          'el ruidoso barrio de barcos y tiendas',
        ],
        tails: [
          'donde ladran los leones marinos',
          'famoso por sus cangrejos',
          'en la orilla norte de San Francisco',
        ],
        facts: [
          'vende cangrejo fresco y pan de masa madre',
          'huele a sal y a pescado',
          'mira hacia la bahía',
          'se llena de visitantes en verano',
          'guarda barcos viejos para visitar',
        ],
        forms: [
          'Soy una fila de embarcaderos, barcos y puestos de marisco.',
          'Mis tablas de madera se adentran en el agua.',
        ],
      },
      fr: {
        names: ["le Fisherman's Wharf", 'le quai des Pêcheurs'],
        pronoun: 'Il',
        heads: [
          'le vieux quartier portuaire',
          'le front de mer animé',
          'le quartier bruyant des bateaux et des boutiques',
        ],
        tails: ['où crient les otaries', 'célèbre pour son crabe', 'sur la rive nord de San Francisco'],
        facts: [
          'vend du crabe frais et du pain au levain',
          'sent le sel et le poisson',
          'fait face à la baie',
          'se remplit de visiteurs en été',
          'garde de vieux navires à visiter',
        ],
        forms: [
          "Je suis une rangée de pontons, de bateaux et d'étals de fruits de mer.",
          "Mes pontons de bois avancent dans l'eau.",
        ],
      },
      zh: {
        names: ['渔人码头'],
        pronoun: '它',
        heads: ['老港区', '热闹的水边街区', '满是船和商店的街区'],
        tails: ['海狮吼叫的', '以螃蟹闻名的', '旧金山北岸的'],
        facts: [
          '卖新鲜螃蟹和酸面包',
          '闻起来有盐和鱼的味道',
          '面向海湾',
          '在夏天挤满游客',
          '留着可以参观的老船',
        ],
        forms: ['我是一排栈桥、船和海鲜摊。', '我的木栈桥伸进水里。'],
      },
    },
  },
];
