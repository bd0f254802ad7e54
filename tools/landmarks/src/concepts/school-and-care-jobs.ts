import type { Concept } from '../concept.ts';

/** Jobs that help people: the teacher, the doctor and the firefighter. */
export const SCHOOL_AND_CARE_JOBS: readonly Concept[] = [
  {
    id: 'teacher',
    kind: 'job',
    wording: {
      en: {
        names: ['the teacher', 'a teacher'],
        pronoun: 'She',
        heads: [
          'the woman at the blackboard',
          'the kind lady of the school',
          'the patient woman with the chalk',
        ],
        tails: [
          'who shows children how to read',
          'who corrects the homework',
          'who explains numbers in class',
        ],
        facts: [
          'works in a school',
          'writes on the blackboard',
          'helps children learn to read',
          'corrects the homework',
        ],
        forms: ['I am a woman with chalk on my fingers.', 'My clear voice fills the classroom.'],
      },
      es: {
        names: ['la maestra', 'una maestra'],
        pronoun: '',
        heads: ['la mujer de la pizarra', 'la amable señora de la escuela', 'la mujer paciente de la tiza'],
        tails: [
          'que muestra a los niños cómo leer',
          'que corrige los deberes',
          'que explica los números en clase',
        ],
        facts: [
          'trabaja en una escuela',
          'escribe en la pizarra',
          'ayuda a los niños a leer',
          'corrige los deberes',
        ],
        forms: ['Soy una mujer con tiza en los dedos.', 'Mi voz clara llena la clase.'],
      },
      fr: {
        names: ["l'institutrice", 'une institutrice'],
        pronoun: 'Elle',
        heads: ['la femme au tableau noir', "la gentille dame de l'école", 'la femme patiente à la craie'],
        tails: [
          'qui montre aux enfants comment lire',
          'qui corrige les devoirs',
          'qui explique les nombres en classe',
        ],
        facts: [
          'travaille dans une école',
          'écrit au tableau noir',
          'aide les enfants à lire',
          'corrige les devoirs',
        ],
        forms: ['Je suis une femme avec de la craie sur les doigts.', 'Ma voix claire remplit la classe.'],
      },
      zh: {
        names: ['老师', '小学老师'],
        pronoun: '她',
        heads: ['黑板前的女士', '学校里的和气女士', '拿粉笔的耐心女士'],
        tails: ['带孩子们认字的', '批改作业的', '在课堂上讲解数字的'],
        facts: ['在学校工作', '在黑板上写字', '帮助孩子们学会读书', '批改作业'],
        forms: ['我是一位手指上有粉笔灰的女士。', '我清楚的声音传遍课堂。'],
      },
    },
  },
  {
    id: 'doctor',
    kind: 'job',
    wording: {
      en: {
        names: ['the doctor', 'a doctor'],
        pronoun: 'She',
        heads: [
          'the woman in the white coat',
          'the kind lady with the stethoscope',
          'the careful woman of the clinic',
        ],
        tails: ['who heals sick people', 'who listens to your heart', 'who chooses the right medicine'],
        facts: [
          'helps sick people get well',
          'listens to hearts and lungs',
          'gives medicine against pain',
          'wears a white coat',
        ],
        forms: ['I am a woman in a white coat.', 'A stethoscope hangs around my neck.'],
      },
      es: {
        names: ['la doctora', 'una doctora'],
        pronoun: '',
        heads: [
          'la mujer de la bata blanca',
          'la amable señora del estetoscopio',
          'la mujer atenta de la clínica',
        ],
        tails: ['que cura a los enfermos', 'que te escucha el corazón', 'que elige la medicina correcta'],
        facts: [
          'ayuda a los enfermos a sanar',
          'escucha el corazón y los pulmones',
          'da medicinas contra el dolor',
          'lleva una bata blanca',
        ],
        forms: ['Soy una mujer con una bata blanca.', 'Un estetoscopio cuelga de mi cuello.'],
      },
      fr: {
        names: ['la docteure', 'une docteure'],
        pronoun: 'Elle',
        heads: [
          'la femme en blouse blanche',
          'la gentille dame au stéthoscope',
          'la femme attentive de la clinique',
        ],
        tails: ['qui soigne les malades', 'qui écoute ton cœur', 'qui choisit le bon remède'],
        facts: [
          'aide les malades à guérir',
          'écoute le cœur et les poumons',
          'donne des remèdes contre la douleur',
          'porte une blouse blanche',
        ],
        forms: ['Je suis une femme en blouse blanche.', 'Un stéthoscope pend à mon cou.'],
      },
      zh: {
        names: ['医生', '大夫'],
        pronoun: '她',
        heads: ['穿白大褂的女士', '戴听诊器的和气女士', '诊所里的细心女士'],
        tails: ['治好病人的', '听你心跳的', '挑选合适药物的'],
        facts: ['帮助病人好起来', '听心跳和肺里的声音', '给人止痛的药', '穿着白大褂'],
        forms: ['我是一位穿白大褂的女士。', '我的脖子上挂着听诊器。'],
      },
    },
  },
  {
    id: 'firefighter',
    kind: 'job',
    wording: {
      en: {
        names: ['the firefighter', 'a firefighter'],
        pronoun: 'He',
        heads: ['the brave man with the helmet', 'the man on the red truck', 'the hero with the water hose'],
        tails: [
          'who puts out the flames',
          'who saves people from burning houses',
          'who climbs the tall ladder through the smoke',
        ],
        facts: [
          'puts out flames with water',
          'rides on a red truck',
          'saves people from burning houses',
          'climbs a tall ladder',
        ],
        forms: ['I am a strong man with a helmet.', 'My thick jacket protects me from the heat.'],
      },
      es: {
        names: ['el bombero', 'un bombero'],
        pronoun: '',
        heads: ['el hombre valiente del casco', 'el hombre del camión rojo', 'el héroe de la manguera'],
        tails: [
          'que apaga las llamas',
          'que salva a la gente de las casas en llamas',
          'que sube por la escalera alta entre el humo',
        ],
        facts: [
          'apaga las llamas con agua',
          'viaja en un camión rojo',
          'salva a la gente de casas en llamas',
          'sube por una escalera alta',
        ],
        forms: ['Soy un hombre fuerte con casco.', 'Mi chaqueta gruesa me protege del calor.'],
      },
      fr: {
        names: ['le pompier', 'un pompier'],
        pronoun: 'Il',
        heads: ["l'homme courageux au casque", "l'homme au camion rouge", 'le héros à la lance à eau'],
        tails: [
          'qui éteint les flammes',
          'qui sauve les gens des maisons en feu',
          'qui monte à la grande échelle dans la fumée',
        ],
        facts: [
          "éteint les flammes avec de l'eau",
          'roule dans un camion rouge',
          'sauve les gens des maisons en feu',
          'monte à une grande échelle',
        ],
        forms: ['Je suis un homme fort avec un casque.', 'Ma veste épaisse me protège de la chaleur.'],
      },
      zh: {
        names: ['消防员', '一名消防员'],
        pronoun: '他',
        heads: ['戴头盔的勇敢男人', '红色大车上的男人', '拿水管的英雄'],
        tails: ['扑灭大火的', '从着火的房子里救人的', '在浓烟里爬高梯的'],
        facts: ['用水扑灭大火', '坐红色的大车出发', '从着火的房子里救人', '爬上高高的梯子'],
        forms: ['我是一个戴头盔的强壮男人。', '我厚厚的外衣能挡住热气。'],
      },
    },
  },
];
