# Thư gửi cho người dùng. Mỗi thư có chủ đề và nội dung; đường dẫn đứng riêng một dòng.
mail-greeting = Kính gửi { $name },
mail-greeting-unknown = Kính gửi Quý vị,
mail-footer =
    { $space }
    { $link }
mail-confirm-email-subject = Xác nhận địa chỉ thư điện tử của bạn tại { $space }
mail-confirm-email =
    Bạn (hoặc ai đó dùng địa chỉ này) vừa đăng ký tài khoản tại { $space }. Hãy mở đường dẫn sau trong vòng 24 giờ để xác nhận địa chỉ:

    { $link }

    Nếu bạn không đăng ký, hãy bỏ qua thư này: tài khoản chưa xác nhận không dùng được.
mail-already-registered-subject = Bạn đã có tài khoản tại { $space }
mail-already-registered =
    Có người vừa đăng ký tại { $space } bằng địa chỉ thư này, nhưng địa chỉ đã có tài khoản. Nếu đó là bạn và bạn quên mật khẩu, hãy đặt lại mật khẩu tại:

    { $link }

    Nếu không phải bạn, bạn không cần làm gì: tài khoản của bạn không thay đổi.
mail-reset-password-subject = Đặt lại mật khẩu tại { $space }
mail-reset-password =
    Có yêu cầu đặt lại mật khẩu cho tài khoản của bạn tại { $space }. Đường dẫn sau dùng được một lần, trong 10 phút:

    { $link }

    Nếu bạn không yêu cầu, hãy bỏ qua thư này: mật khẩu cũ vẫn dùng được.
mail-password-changed-subject = Mật khẩu của bạn tại { $space } đã được thay đổi
mail-password-changed =
    Mật khẩu của tài khoản bạn vừa được thay đổi và các phiên đăng nhập khác đã kết thúc.

    Nếu không phải bạn làm việc này, hãy đặt lại mật khẩu ngay tại:

    { $link }
mail-second-factor-set-subject = Đã bật xác thực hai bước tại { $space }
mail-second-factor-set =
    Tài khoản của bạn vừa bật xác thực hai bước. Hãy cất giữ các mã dự phòng ở nơi an toàn.

    Nếu không phải bạn làm việc này, hãy đặt lại mật khẩu ngay tại:

    { $link }
mail-second-factor-removed-subject = Đã tắt xác thực hai bước tại { $space }
mail-second-factor-removed =
    Xác thực hai bước của tài khoản bạn vừa được tắt.

    Nếu không phải bạn làm việc này, hãy đặt lại mật khẩu ngay tại:

    { $link }
mail-recovery-code-used-subject = Một mã dự phòng của bạn tại { $space } vừa được dùng
mail-recovery-code-used =
    Một mã dự phòng vừa được dùng để đăng nhập vào tài khoản của bạn; mã đó không dùng lại được.

    Nếu không phải bạn làm việc này, hãy đặt lại mật khẩu ngay tại:

    { $link }
mail-party-invitation-subject = Lời mời tham gia { $party }
mail-party-invitation =
    Bạn được mời tham gia { $party } tại { $space }. Hãy đăng nhập để nhận lời hoặc từ chối:

    { $link }
mail-party-invitation-new-subject = Lời mời tham gia { $party }
mail-party-invitation-new =
    Bạn được mời tham gia { $party } tại { $space }. Hãy đăng ký tài khoản bằng đúng địa chỉ thư này; lời mời đang chờ bạn ở đó:

    { $link }

    Nếu bạn không biết đơn vị này, hãy bỏ qua thư.
mail-second-factor-taken-subject = Xác thực hai bước của bạn tại { $space } đã được gỡ
mail-second-factor-taken =
    Quản trị viên vừa gỡ xác thực hai bước khỏi tài khoản của bạn và kết thúc mọi phiên đăng nhập. Lý do được ghi lại:

    { $reason }

    Lần đăng nhập tới chỉ cần mật khẩu; hãy bật lại xác thực hai bước ngay sau đó.

    Nếu bạn không yêu cầu việc này, hãy đặt lại mật khẩu ngay tại:

    { $link }

mail-listing-published-subject = “{ $title }” đã được đăng
mail-listing-published =
    Tin { $code } “{ $title }” đã được duyệt và đăng tại { $space }. Xem tin tại:

    { $link }

mail-listing-changes-requested-subject = Cần sửa đổi “{ $title }” trước khi đăng
mail-listing-changes-requested =
    Người duyệt đề nghị sửa đổi tin { $code } “{ $title }”. Các ghi chú nằm cạnh từng mục; sửa xong, hãy nộp lại. Xem tại:

    { $link }

mail-listing-rejected-subject = “{ $title }” không được đăng
mail-listing-rejected =
    Người duyệt đã từ chối tin { $code } “{ $title }”; lý do ghi trong lịch sử của tin. Xem tại:

    { $link }

mail-listing-expires-soon-subject = “{ $title }” sắp hết hạn đăng
mail-listing-expires-soon =
    Tin { $code } “{ $title }” sắp hết hạn. Nếu nội dung vẫn đúng, hãy xác nhận để tin tiếp tục được đăng. Xem tại:

    { $link }

mail-listing-expired-subject = “{ $title }” đã hết hạn đăng
mail-listing-expired =
    Tin { $code } “{ $title }” đã hết hạn và không còn được đăng. Xác nhận lại nội dung để đăng tiếp. Xem tại:

    { $link }
