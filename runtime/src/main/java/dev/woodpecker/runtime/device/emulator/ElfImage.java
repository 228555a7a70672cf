package dev.woodpecker.runtime.device.emulator;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The sections and symbols of a shared library: 64-bit little-endian ELF ("System V ABI", chapters 4 and 5). */
record ElfImage(Map<String, Section> sections, List<Symbol> symbols) {
    private static final int SYMBOL_TABLE = 2;
    private static final int NO_BITS = 8;
    private static final int SYMBOL_BYTES = 24;

    /** {@code content} is empty for a section that the file has no bits of. */
    record Section(String name, long address, ByteBuffer content) {}

    /** @param section where it is defined; empty when nowhere */
    record Symbol(String name, long address, long bytes, String section) {}

    static ElfImage parse(byte[] file) {
        ByteBuffer elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        if (file.length < 64 || elf.getInt(0) != 0x464c457f || file[4] != 2 || file[5] != 1) {
            throw new IllegalArgumentException("not a 64-bit little-endian ELF file");
        }
        int headers = Math.toIntExact(elf.getLong(0x28));
        int size = elf.getShort(0x3a);
        int count = elf.getShort(0x3c);
        int nameTable = elf.getShort(0x3e);
        List<Header> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(Header.parse(elf, headers + i * size));
        }
        ByteBuffer names = all.get(nameTable).content(elf);
        Map<String, Section> sections = new LinkedHashMap<>();
        List<String> sectionNames = new ArrayList<>();
        for (Header header : all) {
            String name = text(names, header.name());
            sectionNames.add(name);
            sections.put(name, new Section(name, header.address(), header.content(elf)));
        }
        List<Symbol> symbols = new ArrayList<>();
        for (Header header : all) {
            if (header.type() == SYMBOL_TABLE) {
                symbols(header.content(elf), all.get(header.link()).content(elf), sectionNames, symbols);
            }
        }
        return new ElfImage(Map.copyOf(sections), List.copyOf(symbols));
    }

    private static void symbols(ByteBuffer table, ByteBuffer names, List<String> sections, List<Symbol> symbols) {
        for (int at = 0; at + SYMBOL_BYTES <= table.capacity(); at += SYMBOL_BYTES) {
            int section = table.getShort(at + 6) & 0xffff;
            symbols.add(new Symbol(
                    text(names, table.getInt(at)),
                    table.getLong(at + 8),
                    table.getLong(at + 16),
                    section > 0 && section < sections.size() ? sections.get(section) : ""));
        }
    }

    Optional<Symbol> symbol(String name) {
        return symbols.stream().filter(s -> s.name().equals(name)).findFirst();
    }

    private static String text(ByteBuffer table, int at) {
        int end = at;
        while (table.get(end) != 0) {
            end++;
        }
        byte[] bytes = new byte[end - at];
        table.get(at, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private record Header(int name, int type, long address, long offset, long bytes, int link) {
        static Header parse(ByteBuffer elf, int at) {
            return new Header(
                    elf.getInt(at),
                    elf.getInt(at + 4),
                    elf.getLong(at + 16),
                    elf.getLong(at + 24),
                    elf.getLong(at + 32),
                    elf.getInt(at + 40));
        }

        ByteBuffer content(ByteBuffer elf) {
            int length = type == NO_BITS ? 0 : Math.toIntExact(bytes);
            return elf.slice(length == 0 ? 0 : Math.toIntExact(offset), length).order(ByteOrder.LITTLE_ENDIAN);
        }
    }
}
