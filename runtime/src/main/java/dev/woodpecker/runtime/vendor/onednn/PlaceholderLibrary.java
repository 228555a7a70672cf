package dev.woodpecker.runtime.vendor.onednn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * A shared library for x86-64 Linux in the place of one that another was linked to and that it does not need here: it has
 * the names, and every function of it returns one number. An ELF file by the System V ABI and the Linux Standard Base's
 * chapter on symbol versions.
 *
 * <p>Two segments: headers, names and the one function, which are read and executed; the dynamic section, which the dynamic
 * loader writes to.
 *
 * @param soname the name that libraries ask the dynamic loader for
 * @param result what every function returns
 */
record PlaceholderLibrary(String soname, int result, List<Function> functions) {
    /** A function and the version that its users were linked to. */
    record Function(String name, String version) {}

    private static final int HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int SYMBOL_BYTES = 24;
    private static final int VERSION_BYTES = 28;
    private static final int DYNAMIC_BYTES = 16;
    private static final int PAGE = 4096;

    private static final int LOAD = 1;
    private static final int DYNAMIC = 2;
    private static final int GNU_STACK = 0x6474e551;
    private static final int EXECUTE = 1;
    private static final int WRITE = 2;
    private static final int READ = 4;

    PlaceholderLibrary {
        functions = List.copyOf(functions);
    }

    /** Where each part begins. */
    private record Parts(int symbols, int hash, int versionOf, int versions, int code, int names, int dynamic) {}

    byte[] bytes() {
        List<String> versions = new ArrayList<>(List.of(soname));
        versions.addAll(
                new LinkedHashSet<>(functions.stream().map(Function::version).toList()));
        Names names = new Names();
        int count = functions.size() + 1;
        int symbols = HEADER_BYTES + 4 * PROGRAM_HEADER_BYTES;
        int hash = symbols + count * SYMBOL_BYTES;
        int versionOf = hash + (3 + count) * Integer.BYTES;
        int definitions = aligned(versionOf + count * Short.BYTES, 8);
        int code = aligned(definitions + versions.size() * VERSION_BYTES, 16);
        int text = code + 16;
        functions.forEach(function -> names.add(function.name()));
        versions.forEach(names::add);
        int dynamic = aligned(text + names.bytes().length, PAGE);
        Parts parts = new Parts(symbols, hash, versionOf, definitions, code, text, dynamic);
        ByteBuffer file = ByteBuffer.allocate(dynamic + 10 * DYNAMIC_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header(file);
        programHeaders(file, parts, dynamic + 10 * DYNAMIC_BYTES);
        symbols(file, parts, names, versions);
        versions(file.position(parts.versions()), versions, names);
        // mov eax, result; ret
        file.position(code).put((byte) 0xb8).putInt(result).put((byte) 0xc3);
        file.position(text).put(names.bytes());
        dynamic(file.position(dynamic), parts, names, versions.size());
        return file.array();
    }

    private static void header(ByteBuffer file) {
        // 64 bits, little-endian, version 1, no ABI of its own
        file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
        // a shared object, x86-64, version 1; no entry point
        file.putShort((short) 3).putShort((short) 62).putInt(1).putLong(0);
        // program headers follow; no section headers, no flags
        file.putLong(HEADER_BYTES).putLong(0).putInt(0);
        file.putShort((short) HEADER_BYTES).putShort((short) PROGRAM_HEADER_BYTES);
        file.putShort((short) 4).putShort((short) 0).putShort((short) 0).putShort((short) 0);
    }

    private static void programHeaders(ByteBuffer file, Parts parts, int end) {
        programHeader(file, LOAD, READ | EXECUTE, 0, parts.dynamic(), PAGE);
        programHeader(file, LOAD, READ | WRITE, parts.dynamic(), end - parts.dynamic(), PAGE);
        programHeader(file, DYNAMIC, READ | WRITE, parts.dynamic(), end - parts.dynamic(), 8);
        // Without it the loader takes the library for one that wants executable stacks.
        programHeader(file, GNU_STACK, READ | WRITE, 0, 0, 16);
    }

    private static void programHeader(ByteBuffer file, int type, int flags, long offset, long bytes, long alignment) {
        file.putInt(type).putInt(flags).putLong(offset).putLong(offset).putLong(offset);
        file.putLong(bytes).putLong(bytes).putLong(alignment);
    }

    private void symbols(ByteBuffer file, Parts parts, Names names, List<String> versions) {
        int count = functions.size() + 1;
        // One bucket: a chain through all symbols, from the last to the first.
        file.position(parts.hash()).putInt(1).putInt(count).putInt(count - 1);
        for (int i = 0; i < count; i++) {
            file.putInt(Math.max(0, i - 1));
        }
        for (int i = 1; i < count; i++) {
            Function function = functions.get(i - 1);
            file.position(parts.symbols() + i * SYMBOL_BYTES);
            // a global function, visible, in a section (of which only that there is one matters)
            file.putInt(names.offset(function.name()))
                    .put((byte) 0x12)
                    .put((byte) 0)
                    .putShort((short) 1);
            file.putLong(parts.code()).putLong(6);
            file.putShort(parts.versionOf() + i * Short.BYTES, (short) (versions.indexOf(function.version()) + 1));
        }
    }

    private static void versions(ByteBuffer file, List<String> versions, Names names) {
        for (int i = 0; i < versions.size(); i++) {
            String name = versions.get(i);
            boolean last = i == versions.size() - 1;
            // The first is the library itself.
            file.putShort((short) 1).putShort((short) (i == 0 ? 1 : 0)).putShort((short) (i + 1));
            file.putShort((short) 1).putInt(hash(name)).putInt(20).putInt(last ? 0 : VERSION_BYTES);
            file.putInt(names.offset(name)).putInt(0);
        }
    }

    private void dynamic(ByteBuffer file, Parts parts, Names names, int versions) {
        file.putLong(14).putLong(names.offset(soname));
        file.putLong(4).putLong(parts.hash());
        file.putLong(5).putLong(parts.names());
        file.putLong(6).putLong(parts.symbols());
        file.putLong(10).putLong(names.bytes().length);
        file.putLong(11).putLong(SYMBOL_BYTES);
        file.putLong(0x6ffffff0L).putLong(parts.versionOf());
        file.putLong(0x6ffffffcL).putLong(parts.versions());
        file.putLong(0x6ffffffdL).putLong(versions);
        file.putLong(0).putLong(0);
    }

    /** The System V ABI's hash of a name. */
    private static int hash(String name) {
        int hash = 0;
        for (byte b : name.getBytes(StandardCharsets.US_ASCII)) {
            hash = (hash << 4) + b;
            int high = hash & 0xf0000000;
            hash = (hash ^ high >>> 24) & ~high;
        }
        return hash;
    }

    private static int aligned(int offset, int alignment) {
        return Math.ceilDiv(offset, alignment) * alignment;
    }

    /** Names, each ended by a zero; the first is empty. */
    private static final class Names {
        private final StringBuilder text = new StringBuilder("\0");

        void add(String name) {
            text.append(name).append('\0');
        }

        int offset(String name) {
            return text.indexOf('\0' + name + '\0') + 1;
        }

        byte[] bytes() {
            return text.toString().getBytes(StandardCharsets.US_ASCII);
        }
    }
}
