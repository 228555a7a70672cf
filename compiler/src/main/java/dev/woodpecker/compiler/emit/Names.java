package dev.woodpecker.compiler.emit;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * C identifiers for the names of a kernel, by block: {@code k.o} is {@code k_o}, and {@code k_o_2} where that is taken by
 * something visible. A name may be declared again in a later block.
 */
final class Names {
    private static final Set<String> RESERVED = Set.of(
            ("auto break case char class const continue default delete do double else enum extern float for friend"
                + " goto if inline int long namespace new operator private protected public register restrict return"
                + " short signed sizeof static struct switch template this throw typedef typename union unsigned using"
                + " virtual void volatile while buffers params scratch begin end status main bool true false asm and"
                + " or not xor float_control_found")
                    .split(" "));

    private record Block(Map<String, String> byName, Set<String> taken) {}

    private final Deque<Block> blocks = new ArrayDeque<>();

    Names() {
        open();
    }

    void open() {
        blocks.push(new Block(new HashMap<>(), new HashSet<>()));
    }

    void close() {
        blocks.pop();
    }

    /** A new identifier for a variable, in force until the block is closed. */
    String declare(String variable) {
        return declare(variable, variable);
    }

    /** A new identifier for a buffer; a variable may have the same name. */
    String declareBuffer(String buffer) {
        return declare(bufferKey(buffer), buffer);
    }

    private static String bufferKey(String buffer) {
        return buffer + "[]";
    }

    private String declare(String key, String name) {
        String base = identifier(name);
        String candidate = base;
        for (int i = 2; isTaken(candidate); i++) {
            candidate = base + "_" + i;
        }
        Block block = blocks.getFirst();
        block.taken.add(candidate);
        block.byName.put(key, candidate);
        return candidate;
    }

    /** The identifier that a buffer was declared as. */
    String ofBuffer(String buffer) {
        return of(bufferKey(buffer));
    }

    /** The identifier that a variable was declared as. */
    String of(String name) {
        for (Block block : blocks) {
            String identifier = block.byName.get(name);
            if (identifier != null) {
                return identifier;
            }
        }
        throw new IllegalStateException("'" + name + "' is used where it is not defined");
    }

    private boolean isTaken(String identifier) {
        return RESERVED.contains(identifier) || blocks.stream().anyMatch(b -> b.taken.contains(identifier));
    }

    static String identifier(String name) {
        StringBuilder text = new StringBuilder();
        for (char c : name.toCharArray()) {
            boolean allowed = c == '_' || (c < 128 && Character.isLetterOrDigit(c));
            text.append(allowed ? c : '_');
        }
        return text.isEmpty() || Character.isDigit(text.charAt(0)) ? "_" + text : text.toString();
    }
}
