# Điều chưa đúng trong dữ liệu gửi lên: nói rõ cần sửa gì.
fault-too-long = Tối đa { $max } ký tự; nội dung này có { $length } ký tự.
fault-forbidden-character = Có ký tự điều khiển hoặc ký tự đổi chiều chữ; hãy gõ lại phần này.
fault-negative = Không được là số âm.
fault-unknown-currency = Mã tiền tệ gồm ba chữ in hoa theo ISO 4217, ví dụ VND.
fault-end-before-start = Điểm cuối phải bằng hoặc sau điểm đầu.
fault-unknown-code = Danh mục “{ $list }” không có mã “{ $code }”.
fault-retired-code = Mã “{ $code }” của danh mục “{ $list }” không còn dùng cho nội dung mới.
