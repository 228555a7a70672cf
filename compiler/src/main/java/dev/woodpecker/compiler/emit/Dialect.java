package dev.woodpecker.compiler.emit;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Loop.Binding;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;

/**
 * How a language spells what the printer prints.
 *
 * @param name the name under which intrinsics keep their templates for it
 * @param prelude the text at the top of each source: types, and functions that every kernel may call
 * @param types C types of elements
 * @param function what stands before a helper function
 * @param indices where loops bound to blocks and threads find their iteration; empty on a CPU
 * @param barrier the statement by which threads of a block wait for each other
 * @param shared what stands before a declaration in memory that a block shares
 * @param vectors whether there are vector types
 * @param helpers functions that are printed where a kernel uses them; a name that is missing here is in the prelude
 */
public record Dialect(
        String name,
        String prelude,
        Map<DType, String> types,
        String function,
        Map<Binding, String> indices,
        String barrier,
        String shared,
        boolean vectors,
        Map<String, String> helpers) {
    /** C with the vector extensions of gcc and clang; needs no header and no library. */
    public static final Dialect C = new Dialect(
            "c",
            resource("prelude.c"),
            types(Map.of(
                    DType.I8, "int8_t",
                    DType.U8, "uint8_t",
                    DType.I16, "int16_t",
                    DType.U16, "uint16_t",
                    DType.I32, "int32_t",
                    DType.U32, "uint32_t",
                    DType.I64, "int64_t",
                    DType.U64, "uint64_t",
                    DType.F16, "uint16_t",
                    DType.BF16, "uint16_t")),
            "INLINE",
            Map.of(),
            "",
            "",
            true,
            HelperTemplates.C);

    /** CUDA C++ without the toolkit's headers. */
    public static final Dialect CUDA = new Dialect(
            "cuda",
            resource("prelude.cu"),
            types(Map.of(
                    DType.I8, "signed char",
                    DType.U8, "unsigned char",
                    DType.I16, "short",
                    DType.U16, "unsigned short",
                    DType.I32, "int",
                    DType.U32, "unsigned int",
                    DType.I64, "long long",
                    DType.U64, "unsigned long long",
                    DType.F16, "unsigned short",
                    DType.BF16, "unsigned short")),
            "INLINE",
            Map.of(
                    Binding.BLOCK_X, "blockIdx.x",
                    Binding.BLOCK_Y, "blockIdx.y",
                    Binding.BLOCK_Z, "blockIdx.z",
                    Binding.THREAD_X, "threadIdx.x",
                    Binding.THREAD_Y, "threadIdx.y",
                    Binding.THREAD_Z, "threadIdx.z"),
            "__syncthreads();",
            "__shared__ ",
            false,
            Map.of());

    public Dialect {
        types = Map.copyOf(types);
        indices = Map.copyOf(indices);
        helpers = Map.copyOf(helpers);
    }

    /** This dialect with another prelude of the same functions, for an emulator of the device. */
    public Dialect withPrelude(String newPrelude) {
        return new Dialect(name, newPrelude, types, function, indices, barrier, shared, vectors, helpers);
    }

    /** The C type of an element in memory and in variables. */
    String type(DType type) {
        String text = types.get(type);
        if (text == null) {
            throw new IllegalArgumentException("no " + name + " type for " + type.text());
        }
        return text;
    }

    private static Map<DType, String> types(Map<DType, String> own) {
        Map<DType, String> all = new EnumMap<>(own);
        all.put(DType.F64, "double");
        all.put(DType.F32, "float");
        all.put(DType.TF32, "float");
        all.put(DType.BOOL, all.get(DType.U8));
        return all;
    }

    private static String resource(String file) {
        try (InputStream in = Dialect.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("resource " + file + " is missing beside " + Dialect.class.getName());
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
