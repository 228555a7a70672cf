package dev.woodpecker.runtime.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.ModelFormatException;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.UnsupportedModelException;
import dev.woodpecker.runtime.onnx.internal.proto.StringStringEntryProto;
import dev.woodpecker.runtime.onnx.internal.proto.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TensorDecoderTest {

    @TempDir
    Path folder;

    private NdArray read(TensorProto tensor) throws IOException {
        return TensorProtoFile.read(Files.write(folder.resolve("t.pb"), tensor.toByteArray()));
    }

    private static TensorProto.Builder tensor(DType type, long... dims) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName("t").setDataType(ElementTypes.number(type));
        for (long extent : dims) {
            tensor.addDims(extent);
        }
        return tensor;
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, mode = EnumSource.Mode.EXCLUDE, names = "TF32")
    void rawDataOfEveryTypeIsReadBack(DType type) {
        NdArray array = NdArray.allocate(type, 3);
        array.set(2, 1L);
        Path file = folder.resolve("t.pb");
        TensorProtoFile.write(file, "t", array);
        assertThat(TensorProtoFile.read(file)).isEqualTo(array);
    }

    @Test
    void largeRawDataStaysInTheFile() {
        NdArray array = NdArray.allocate(DType.F32, 4096);
        array.set(4095, 2.5);
        Path file = folder.resolve("t.pb");
        TensorProtoFile.write(file, "t", array);
        NdArray read = TensorProtoFile.read(file);
        assertThat(read.memory().isMapped()).isTrue();
        assertThat(read).isEqualTo(array);
    }

    @Test
    void typedFieldsHoldEachType() throws IOException {
        assertThat(read(tensor(DType.F32, 2).addFloatData(1).addFloatData(2.5f).build()))
                .isEqualTo(NdArray.of(new float[] {1, 2.5f}, 2));
        assertThat(read(tensor(DType.F64, 1).addDoubleData(0.1).build())).isEqualTo(NdArray.of(new double[] {0.1}, 1));
        assertThat(read(tensor(DType.I64).addInt64Data(-7).build())).isEqualTo(NdArray.scalar(-7L));
        assertThat(read(tensor(DType.U64, 1).addUint64Data(-1).build()).toDoubleArray())
                .containsExactly(0x1p64);
        assertThat(read(tensor(DType.U32, 1).addUint64Data(0xFFFF_FFFFL).build())
                        .getLong(0))
                .isEqualTo(0xFFFF_FFFFL);
        assertThat(read(tensor(DType.I8, 1).addInt32Data(-3).build())).isEqualTo(NdArray.of(new byte[] {-3}, 1));
        assertThat(read(tensor(DType.BOOL, 2).addInt32Data(1).addInt32Data(0).build()))
                .isEqualTo(NdArray.of(new boolean[] {true, false}, 2));
    }

    @Test
    void shortFloatsLieAsBitsInIntegers() throws IOException {
        assertThat(read(tensor(DType.F16, 1).addInt32Data(0x3C00).build()).getDouble(0))
                .isEqualTo(1);
        assertThat(read(tensor(DType.BF16, 1).addInt32Data(0xBF80).build()).getDouble(0))
                .isEqualTo(-1);
    }

    @Test
    void aTensorWithoutElementsNeedsNoData() throws IOException {
        assertThat(read(tensor(DType.F32, 0, 3).build())).isEqualTo(NdArray.allocate(DType.F32, 0, 3));
    }

    @Test
    void dataThatDoesNotFillTheShapeIsAnError() {
        assertThatThrownBy(() -> read(tensor(DType.F32, 2).addFloatData(1).build()))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("t.pb: tensor 't': a tensor f32[2] has 2 elements, and 1 are given");
        TensorProto raw = tensor(DType.F32, 2)
                .setRawData(ByteString.copyFrom(new byte[7]))
                .build();
        assertThatThrownBy(() -> read(raw)).hasMessageContaining("takes 8 bytes, and the memory given has 7");
    }

    @Test
    void aTerabyteWithoutDataIsAnErrorAndNotAllocated() {
        assertThatThrownBy(() -> read(tensor(DType.F32, 1 << 20, 1 << 18)
                        .setRawData(ByteString.EMPTY)
                        .build()))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("f32[1048576, 262144] takes 1099511627776 bytes, and the memory given has 0");
        assertThatThrownBy(() -> read(tensor(DType.F32, Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE)
                        .build()))
                .isInstanceOf(ModelFormatException.class);
        assertThatThrownBy(() -> read(tensor(DType.F32, 1L << 40).build()))
                .hasMessageContaining("extent 1099511627776");
        assertThatThrownBy(() -> read(tensor(DType.F32, -1).build())).hasMessageContaining("extent -1");
    }

    @Test
    void aTypeThatWoodpeckerLacksIsNamed() {
        assertThatThrownBy(() -> read(TensorProto.newBuilder().setDataType(17).build()))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("float8e4m3fn")
                .hasMessageContaining("supported: float, uint8");
        assertThatThrownBy(() -> read(TensorProto.newBuilder().setDataType(99).build()))
                .isInstanceOf(ModelFormatException.class);
    }

    @Test
    void externalDataIsMappedFromTheFileBeside() throws IOException {
        Files.write(folder.resolve("weights.bin"), new byte[] {9, 9, 9, 9, 1, 0, 2, 0, 9});
        NdArray array = read(external(tensor(DType.I16, 2), "location", "weights.bin", "offset", "4", "length", "4"));
        assertThat(array).isEqualTo(NdArray.of(new short[] {1, 2}, 2));
        assertThat(array.memory().isMapped()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../secret.bin", "/etc/hostname", "sub/../../secret.bin", "link.bin", "absent.bin"})
    void externalDataOutsideTheFolderIsRefused(String location) throws IOException {
        Path secret = Files.write(folder.resolve("secret.bin"), new byte[4]);
        Path inner = Files.createDirectories(folder.resolve("model"));
        Files.createSymbolicLink(inner.resolve("link.bin"), secret);
        Path file = inner.resolve("t.pb");
        Files.write(file, external(tensor(DType.F32, 1), "location", location).toByteArray());
        assertThatThrownBy(() -> TensorProtoFile.read(file))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("external data '" + location + "' is");
    }

    @Test
    void externalDataHasToBeLongEnough() throws IOException {
        Files.write(folder.resolve("weights.bin"), new byte[4]);
        for (List<String> range :
                List.of(List.of("2", "4"), List.of("9", "4"), List.of("-1", "4"), List.of("x", "4"))) {
            TensorProto tensor = external(
                    tensor(DType.F32, 1), "location", "weights.bin", "offset", range.get(0), "length", range.get(1));
            assertThatThrownBy(() -> read(tensor)).isInstanceOf(ModelFormatException.class);
        }
        TensorProto whole = external(tensor(DType.F32, 2), "location", "weights.bin");
        assertThatThrownBy(() -> read(whole)).hasMessageContaining("takes 8 bytes, and the memory given has 4");
    }

    private static TensorProto external(TensorProto.Builder tensor, String... entries) {
        for (int i = 0; i < entries.length; i += 2) {
            tensor.addExternalData(
                    StringStringEntryProto.newBuilder().setKey(entries[i]).setValue(entries[i + 1]));
        }
        return tensor.setDataLocation(TensorProto.DataLocation.EXTERNAL).build();
    }
}
