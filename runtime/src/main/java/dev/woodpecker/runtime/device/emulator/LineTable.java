package dev.woodpecker.runtime.device.emulator;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which line of which file the machine code at an address was compiled from: the line number programs of {@code
 * .debug_line} ("DWARF Debugging Information Format", versions 2 to 4, section 6.2).
 */
final class LineTable {
    /** @param file as the compiler names it, without folders */
    record Place(String file, int line) {}

    private final TreeMap<Long, Place> places = new TreeMap<>();

    private LineTable() {}

    static LineTable of(ElfImage image) {
        LineTable table = new LineTable();
        ElfImage.Section section = image.sections().get(".debug_line");
        if (section != null) {
            ByteBuffer data = section.content();
            while (data.remaining() > 4) {
                int length = data.getInt();
                if (length == 0 || length == -1) {
                    break;
                }
                int end = data.position() + length;
                int version = data.getShort();
                if (version >= 2 && version <= 4) {
                    table.unit(data, version, end);
                }
                data.position(end);
            }
        }
        return table;
    }

    /** The place of the instruction that ends at {@code address}: where a call returns to belongs to the next. */
    Optional<Place> endingAt(long address) {
        return Optional.ofNullable(places.lowerEntry(address)).map(Map.Entry::getValue);
    }

    private void unit(ByteBuffer data, int version, int end) {
        int headerLength = data.getInt();
        int program = data.position() + headerLength;
        int instructionBytes = data.get();
        if (version >= 4) {
            data.get();
        }
        data.get();
        int lineBase = data.get();
        int lineRange = data.get() & 0xff;
        int opcodeBase = data.get() & 0xff;
        int[] operands = new int[opcodeBase];
        for (int i = 1; i < opcodeBase; i++) {
            operands[i] = data.get();
        }
        while (data.get(data.position()) != 0) {
            text(data);
        }
        data.get();
        List<String> files = new ArrayList<>(List.of(""));
        while (data.get(data.position()) != 0) {
            String file = text(data);
            files.add(file.substring(file.lastIndexOf('/') + 1));
            unsigned(data);
            unsigned(data);
            unsigned(data);
        }
        data.position(program);
        new Program(data, end, instructionBytes, lineBase, lineRange, opcodeBase, operands, files).run();
    }

    private final class Program {
        private final ByteBuffer data;
        private final int end;
        private final int instructionBytes;
        private final int lineBase;
        private final int lineRange;
        private final int opcodeBase;
        private final int[] operands;
        private final List<String> files;
        private long address;
        private int file = 1;
        private int line = 1;

        private Program(
                ByteBuffer data,
                int end,
                int instructionBytes,
                int lineBase,
                int lineRange,
                int opcodeBase,
                int[] operands,
                List<String> files) {
            this.data = data;
            this.end = end;
            this.instructionBytes = instructionBytes;
            this.lineBase = lineBase;
            this.lineRange = lineRange;
            this.opcodeBase = opcodeBase;
            this.operands = operands;
            this.files = files;
        }

        private void run() {
            while (data.position() < end) {
                int opcode = data.get() & 0xff;
                if (opcode >= opcodeBase) {
                    int adjusted = opcode - opcodeBase;
                    address += (long) (adjusted / lineRange) * instructionBytes;
                    line += lineBase + adjusted % lineRange;
                    row();
                } else if (opcode == 0) {
                    extended();
                } else {
                    standard(opcode);
                }
            }
        }

        /** Code without a line, number 0, goes with what precedes it. */
        private void row() {
            if (line > 0) {
                places.put(address, new Place(files.get(file), line));
            }
        }

        private void extended() {
            int length = (int) unsigned(data);
            int next = data.position() + length;
            switch (data.get()) {
                case 1 -> {
                    address = 0;
                    file = 1;
                    line = 1;
                }
                case 2 -> address = data.getLong();
                default -> {} // Files and discriminators are told in the header, or of no use here.
            }
            data.position(next);
        }

        private void standard(int opcode) {
            switch (opcode) {
                case 1 -> row();
                case 2 -> address += unsigned(data) * instructionBytes;
                case 3 -> line += (int) signed(data);
                case 4 -> file = (int) unsigned(data);
                case 8 -> address += (long) ((255 - opcodeBase) / lineRange) * instructionBytes;
                case 9 -> address += data.getShort() & 0xffff;
                default -> {
                    for (int i = 0; i < operands[opcode]; i++) {
                        unsigned(data);
                    }
                }
            }
        }
    }

    private static String text(ByteBuffer data) {
        int start = data.position();
        while (data.get() != 0) {
            // To the end of the text.
        }
        byte[] bytes = new byte[data.position() - 1 - start];
        data.get(start, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static long unsigned(ByteBuffer data) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = data.get();
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }

    private static long signed(ByteBuffer data) {
        long value = 0;
        int shift = 0;
        byte b;
        do {
            b = data.get();
            value |= (long) (b & 0x7f) << shift;
            shift += 7;
        } while (b < 0);
        return shift < 64 && (b & 0x40) != 0 ? value | -1L << shift : value;
    }
}
