package dev.woodpecker.runtime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.woodpecker.compiler.ir.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * NumPy's files of one array (NEP 1): {@code \x93NUMPY}, a version, the length of a header, the header - a Python
 * dictionary of {@code descr, fortran_order, shape} -, and the elements.
 */
public final class NpyFile {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int HEADER_ALIGNMENT = 64;

    private static final Map<String, DType> TYPES = Map.ofEntries(
            Map.entry("f8", DType.F64),
            Map.entry("f4", DType.F32),
            Map.entry("f2", DType.F16),
            Map.entry("i1", DType.I8),
            Map.entry("u1", DType.U8),
            Map.entry("i2", DType.I16),
            Map.entry("u2", DType.U16),
            Map.entry("i4", DType.I32),
            Map.entry("u4", DType.U32),
            Map.entry("i8", DType.I64),
            Map.entry("u8", DType.U64),
            Map.entry("b1", DType.BOOL));

    private static final Pattern DESCRIPTION = Pattern.compile("'descr'\\s*:\\s*'([<>|=])(\\w+)'");
    private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([\\d\\s,]*)\\)");

    private NpyFile() {}

    /**
     * Reads an array, of either byte order and in either order of axes.
     *
     * @throws ModelFormatException if the file is not what its header says
     * @throws UncheckedIOException if it cannot be read
     */
    public static NdArray read(Path file) {
        try (Arena arena = Arena.ofConfined();
                FileChannel channel = FileChannel.open(file)) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return read(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private static NdArray read(Path file, MemorySegment bytes) {
        int start = dataStart(file, bytes);
        String header = new String(
                bytes.asSlice(MAGIC.length, start - MAGIC.length).toArray(ValueLayout.JAVA_BYTE), ISO_8859_1);
        Matcher description = find(file, DESCRIPTION, header);
        DType type = TYPES.get(description.group(2));
        if (type == null) {
            throw new ModelFormatException(
                    file.toString(),
                    "header",
                    "element type '" + description.group(2) + "' is not one of "
                            + TYPES.keySet().stream().sorted().collect(Collectors.joining(", ")));
        }
        int[] shape = shape(file, find(file, SHAPE, header).group(1));
        MemorySegment data = bytes.asSlice(start);
        NdArray array;
        try {
            array = NdArray.wrap(data, type, shape);
        } catch (IllegalArgumentException e) {
            throw new ModelFormatException(file.toString(), "byte " + start, String.valueOf(e.getMessage()), e);
        }
        array = find(file, FORTRAN, header).group(1).equals("True") ? fromFortranOrder(array) : array.copy();
        if (description.group(1).equals(">")) {
            swapBytes(array);
        }
        return array;
    }

    private static int dataStart(Path file, MemorySegment bytes) {
        if (bytes.byteSize() < 12 || bytes.asSlice(0, MAGIC.length).mismatch(MemorySegment.ofArray(MAGIC)) >= 0) {
            throw new ModelFormatException(file.toString(), "byte 0", "not a .npy file: it starts with \\x93NUMPY");
        }
        int major = bytes.get(ValueLayout.JAVA_BYTE, 6);
        boolean shortLength = major == 1;
        long length = shortLength
                ? bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, 8) & 0xFFFF
                : bytes.get(ValueLayout.JAVA_INT_UNALIGNED, 8) & 0xFFFF_FFFFL;
        long start = (shortLength ? 10 : 12) + length;
        if (start > bytes.byteSize()) {
            throw new ModelFormatException(
                    file.toString(), "byte 8", "the header ends beyond the file: truncated, or not a .npy file");
        }
        return Math.toIntExact(start);
    }

    private static Matcher find(Path file, Pattern pattern, String header) {
        Matcher matcher = pattern.matcher(header);
        if (!matcher.find()) {
            throw new ModelFormatException(file.toString(), "header", "no " + pattern + " in " + header.strip());
        }
        return matcher;
    }

    private static int[] shape(Path file, String text) {
        try {
            return Arrays.stream(text.split(","))
                    .map(String::strip)
                    .filter(extent -> !extent.isEmpty())
                    .mapToInt(Integer::parseInt)
                    .toArray();
        } catch (NumberFormatException e) {
            throw new ModelFormatException(file.toString(), "header", "an extent over 2^31 - 1 in (" + text + ")", e);
        }
    }

    /** Elements that lie with the first axis innermost, copied to row-major order. */
    private static NdArray fromFortranOrder(NdArray source) {
        NdArray result = NdArray.allocate(source.type(), source.shape());
        int size = source.type().bytes();
        int[] index = new int[source.rank()];
        for (long i = 0, count = source.elements(); i < count; i++) {
            long position = 0;
            for (int axis = source.rank() - 1; axis >= 0; axis--) {
                position = position * source.size(axis) + index[axis];
            }
            MemorySegment.copy(source.memory(), position * size, result.memory(), i * size, size);
            for (int axis = source.rank() - 1; axis >= 0 && ++index[axis] == source.size(axis); axis--) {
                index[axis] = 0;
            }
        }
        return result;
    }

    private static void swapBytes(NdArray array) {
        int size = array.type().bytes();
        MemorySegment memory = array.memory();
        for (long start = 0; start < memory.byteSize(); start += size) {
            for (int low = 0, high = size - 1; low < high; low++, high--) {
                byte swapped = memory.get(ValueLayout.JAVA_BYTE, start + low);
                memory.set(ValueLayout.JAVA_BYTE, start + low, memory.get(ValueLayout.JAVA_BYTE, start + high));
                memory.set(ValueLayout.JAVA_BYTE, start + high, swapped);
            }
        }
    }

    /**
     * Writes an array, replacing the file.
     *
     * @throws IllegalArgumentException for {@code bf16}, which NumPy does not have
     * @throws UncheckedIOException if the file cannot be written
     */
    public static void write(Path file, NdArray array) {
        String type = TYPES.entrySet().stream()
                .filter(entry -> entry.getValue() == array.type())
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        ".npy has no " + array.type().text() + ": convert the array to f32, or write a .pb file"));
        try {
            Files.write(file, header(type, array));
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.APPEND)) {
                MemoryFiles.write(channel, array.memory());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    private static byte[] header(String type, NdArray array) {
        String order = array.type().bytes() == 1 ? "|" : "<";
        String extents =
                Arrays.stream(array.shape()).mapToObj(extent -> extent + ",").collect(Collectors.joining(" "));
        String text = "{'descr': '" + order + type + "', 'fortran_order': False, 'shape': (" + extents + "), }";
        int prefix = MAGIC.length + 4;
        int length = (prefix + text.length() + 1 + HEADER_ALIGNMENT - 1) / HEADER_ALIGNMENT * HEADER_ALIGNMENT - prefix;
        byte[] padded = (text + " ".repeat(length - text.length() - 1) + "\n").getBytes(UTF_8);
        return ByteBuffer.allocate(prefix + length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(MAGIC)
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) length)
                .put(padded)
                .array();
    }
}
