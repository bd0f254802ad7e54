import type { Concept } from '../concept.ts';

/** Foods of every day: bread, rice and soup. */
export const PLAIN_FOODS: readonly Concept[] = [
  {
    id: 'bread',
    kind: 'food',
    wording: {
      en: {
        names: ['the bread', 'a loaf of bread'],
        pronoun: 'It',
        heads: [
          'the food with a golden crust',
          'the soft warm food from the oven',
          'the daily food of many homes',
        ],
        tails: [
          'that you slice for sandwiches',
          'that is made of flour, water and yeast',
          'that you eat with butter at breakfast',
        ],
        facts: [
          'is made of flour and water',
          'comes hot from the oven',
          'has a golden crust',
          'tastes good with butter',
        ],
        forms: ['I have a golden crust and a soft inside.', 'My body is round and warm from the oven.'],
      },
      es: {
        names: ['el pan', 'un pan'],
        pronoun: '',
        heads: [
          'el alimento de corteza dorada',
          'el alimento tierno del horno',
          'el alimento diario de muchas casas',
        ],
        tails: [
          'que se corta para hacer bocadillos',
          'que se hace con harina, agua y levadura',
          'que se come con mantequilla en el desayuno',
        ],
        facts: [
          'se hace con harina y agua',
          'sale caliente del horno',
          'tiene una corteza dorada',
          'sabe bien con mantequilla',
        ],
        forms: [
          'Tengo una corteza dorada y una miga blanda.',
          'Mi cuerpo es redondo y está tibio del horno.',
        ],
      },
      fr: {
        names: ['le pain', 'un pain'],
        pronoun: 'Il',
        heads: [
          "l'aliment à la croûte dorée",
          "l'aliment moelleux sorti du four",
          "l'aliment quotidien de bien des maisons",
        ],
        tails: [
          "que l'on coupe pour les sandwichs",
          "que l'on fait avec de la farine, de l'eau et de la levure",
          "que l'on mange avec du beurre le matin",
        ],
        facts: [
          "est fait de farine et d'eau",
          'sort tout chaud du four',
          'a une croûte dorée',
          'est bon avec du beurre',
        ],
        forms: ["J'ai une croûte dorée et une mie tendre.", 'Mon corps est rond et chaud comme le four.'],
      },
      zh: {
        names: ['面包', '一个面包'],
        pronoun: '它',
        heads: ['有金黄硬皮的食物', '刚出炉的松软食物', '许多家庭的日常食物'],
        tails: ['切片做三明治的', '用小麦粉、水和酵母做成的', '早餐时涂黄油吃的'],
        facts: ['是用小麦粉和水做的', '热乎乎地从烤箱里出来', '有一层金黄的硬皮', '配黄油很好吃'],
        forms: ['我的外皮金黄，里面很软。', '我的身体圆圆的，带着烤箱的热气。'],
      },
    },
  },
  {
    id: 'rice',
    kind: 'food',
    wording: {
      en: {
        names: ['the rice', 'the white rice'],
        pronoun: 'It',
        heads: ['the small white grain', 'the pale grain from the wet fields', 'the great grain of Asia'],
        tails: [
          'that is eaten with chopsticks',
          'that grows with its feet in water',
          'that is rolled into sushi',
        ],
        facts: [
          'grows in wet fields',
          'is cooked in hot water',
          'feeds half of the world',
          'is eaten with chopsticks in China',
        ],
        forms: ['I am white and grow in wet fields.', 'My grains are small, hard and smooth.'],
      },
      es: {
        names: ['el arroz', 'el arroz blanco'],
        pronoun: '',
        heads: ['el pequeño grano blanco', 'el grano pálido de los campos mojados', 'el gran grano de Asia'],
        tails: [
          'que se come con palillos',
          'que crece con los pies en el agua',
          'que se enrolla en el sushi',
        ],
        facts: [
          'crece en campos mojados',
          'se cuece en agua caliente',
          'alimenta a medio mundo',
          'se come con palillos en China',
        ],
        forms: ['Soy blanco y crezco en campos mojados.', 'Mis granos son pequeños, duros y lisos.'],
      },
      fr: {
        names: ['le riz', 'le riz blanc'],
        pronoun: 'Il',
        heads: ['le petit grain blanc', 'le grain pâle des champs mouillés', "le grand grain d'Asie"],
        tails: [
          "que l'on mange avec des baguettes",
          "qui pousse les pieds dans l'eau",
          "que l'on roule dans les sushis",
        ],
        facts: [
          'pousse dans des champs mouillés',
          "cuit dans l'eau chaude",
          'nourrit la moitié du monde',
          'se mange avec des baguettes en Chine',
        ],
        forms: [
          'Je suis blanc et je pousse dans des champs mouillés.',
          'Mes grains sont petits, durs et lisses.',
        ],
      },
      zh: {
        names: ['大米', '白大米'],
        pronoun: '它',
        heads: ['白色的小谷粒', '水田里的白谷粒', '亚洲的主要粮食'],
        tails: ['用筷子吃的', '泡在水里长大的', '用来卷寿司的'],
        facts: ['长在水田里', '放在热水里煮', '养活世界上一半的人', '在中国用筷子吃'],
        forms: ['我是白色的，长在水田里。', '我的颗粒又小又硬又光滑。'],
      },
    },
  },
  {
    id: 'soup',
    kind: 'food',
    wording: {
      en: {
        names: ['the soup', 'a soup'],
        pronoun: 'It',
        heads: ['the liquid food', 'the hot starter', 'the steaming meal for cold days'],
        tails: [
          'that you eat with a spoon',
          'that simmers in a pot with vegetables',
          'that fills a deep bowl',
        ],
        facts: [
          'is eaten with a spoon',
          'simmers slowly in a pot',
          'warms you on cold days',
          'is made of water and vegetables',
        ],
        forms: ['I am hot and liquid, and I steam in a bowl.', 'Small pieces of carrot swim in me.'],
      },
      es: {
        names: ['la sopa', 'una sopa'],
        pronoun: '',
        heads: ['la comida líquida', 'la entrada caliente', 'la comida humeante para los días fríos'],
        tails: ['que se come con cuchara', 'que hierve en una olla con verduras', 'que llena un plato hondo'],
        facts: [
          'se come con cuchara',
          'hierve despacio en una olla',
          'calienta en los días fríos',
          'se hace con agua y verduras',
        ],
        forms: [
          'Soy caliente y líquida, y echo humo en el plato.',
          'Pequeños trozos de zanahoria nadan en mí.',
        ],
      },
      fr: {
        names: ['la soupe', 'une soupe'],
        pronoun: 'Elle',
        heads: ['la nourriture liquide', "l'entrée chaude", 'la nourriture fumante des jours froids'],
        tails: [
          "que l'on mange à la cuillère",
          'qui mijote dans une marmite avec des légumes',
          'qui remplit une assiette creuse',
        ],
        facts: [
          'se mange à la cuillère',
          'mijote doucement dans une marmite',
          'réchauffe pendant les jours froids',
          "est faite d'eau et de légumes",
        ],
        forms: [
          'Je suis chaude et liquide, et je fume dans un bol.',
          'De petits morceaux de carotte nagent en moi.',
        ],
      },
      zh: {
        names: ['汤', '热汤'],
        pronoun: '它',
        heads: ['热乎乎的液体食物', '饭前的热菜', '冬天里冒热气的食物'],
        tails: ['用勺子喝的', '和蔬菜一起在锅里慢慢煮的', '装满深碗的'],
        facts: ['要用勺子喝', '在锅里慢慢煮', '在冷天让人暖和', '是用水和蔬菜做的'],
        forms: ['我热热的，会流动，在碗里冒热气。', '小块的胡萝卜在我里面游。'],
      },
    },
  },
];
