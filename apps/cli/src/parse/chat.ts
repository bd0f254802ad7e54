import { repeatable } from '@facet/console';
import { ChatPrompt } from '@facet/contracts';
import { FacetError, quote } from '@facet/errors';
import { type Command, Option } from 'commander';

/** Options that `addChatOptions` adds, as commander gives them. */
export interface ChatOptions {
  message?: string[];
  template?: string;
}

/** Adds the options of a chat. */
export function addChatOptions(command: Command): Command {
  return command
    .addOption(
      repeatable(
        '--message <role:text>',
        'message of a chat, such as "user:Hi", written by the model\'s chat template; can be given again',
      ),
    )
    .addOption(new Option('--template <name>', 'chat template of --message (default: the default one)'));
}

/** Reads the chat; undefined where no message is given. */
export function parseChat({ message = [], template }: ChatOptions): ChatPrompt | undefined {
  if (message.length > 0)
    return ChatPrompt.fromPartial({ messages: message.map(parseMessage), template: template ?? '' });
  if (template === undefined) return undefined;
  throw new FacetError('invalid', '--template is for chats: give --message too');
}

function parseMessage(text: string): { role: string; content: string } {
  const colon = text.indexOf(':');
  if (colon > 0) return { role: text.slice(0, colon).trim(), content: text.slice(colon + 1) };
  throw new FacetError('invalid', `--message ${quote(text)} must be role:text, such as "user:Hi"`);
}
